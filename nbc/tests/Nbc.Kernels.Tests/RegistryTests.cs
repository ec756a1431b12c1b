namespace Nbc.Kernels.Tests;

public sealed class RegistryTests
{
    [Fact]
    public void Every_operator_has_code_and_all_code_an_operator() =>
        Assert.Equal(KernelTable.All.Select(descriptor => descriptor.Name), KernelRegistry.Names);

    [Fact]
    public void No_two_operators_share_an_opcode_or_a_mnemonic()
    {
        KernelDescriptor[] all = [.. KernelTable.All];
        Assert.Equal(all.Length, all.Select(descriptor => descriptor.Opcode).Distinct().Count());
        Assert.Equal(all.Length, all.Select(descriptor => descriptor.Mnemonic).Distinct().Count());
    }
}
