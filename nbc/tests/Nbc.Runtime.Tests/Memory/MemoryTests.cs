using Nbc.Instructions;
using Nbc.Kernels;
using Nbc.Runtime.Memory;
using Nbc.Values;

namespace Nbc.Runtime.Tests.Memory;

public sealed class MemoryTests
{
    private readonly MemoryBudget _budget = new(null);

    [Fact]
    public void A_block_is_used_again_for_what_fits_well()
    {
        BlockPool pool = new(_budget);
        BlockMemory large = pool.Take(100_000), small = pool.Take(1000);
        long held = _budget.Held;
        large.Release();
        small.Release();
        Assert.Same(large, pool.Take(90_000));
        Assert.Same(small, pool.Take(900));
        Assert.Equal(held, _budget.Held);
        small.Release();
        Assert.NotSame(small, pool.Take(10)); // too small for a block of its size
        pool.Trim();
        Assert.True(_budget.Held < held);
        large.Release();
        pool.Trim();
    }

    [Fact]
    public void When_memory_is_short_free_blocks_are_given_back_first()
    {
        _budget.Limit = 10_000;
        bool trimmed = false;
        BlockPool pool = new(_budget) { BeforeTrim = () => trimmed = true };
        pool.Take(6000).Release();
        Assert.Equal(64, pool.Take(64).Capacity);
        Assert.True(pool.Take(9000).Capacity >= 9000);
        Assert.True(trimmed);
        Assert.Equal(KernelFault.TooLarge, Assert.Throws<KernelException>(() => pool.Take(long.MaxValue)).Fault);
        Assert.Equal(KernelFault.TooLarge, Assert.Throws<KernelException>(() => pool.Take(1000)).Fault);
    }

    [Fact]
    public unsafe void Scratch_pieces_do_not_overlap_and_become_one_block()
    {
        BlockPool pool = new(_budget);
        ScratchMemory scratch = new(pool);
        for (int run = 0; run < 3; run++)
        {
            Span<byte> first = scratch.Take(100), second = scratch.Take(100_000), third = scratch.Take(0);
            first.Fill(1);
            second.Fill(2);
            Assert.True(third.IsEmpty);
            Assert.True(first.IndexOfAnyExcept((byte)1) < 0 && second.IndexOfAnyExcept((byte)2) < 0);
            scratch.Reset();
        }

        Assert.Throws<KernelException>(() => scratch.Take(1L << 31).Length);
        Assert.Throws<KernelException>(() => scratch.Take(-1).Length);
        scratch.Drop();
        pool.Trim();
        Assert.Equal(0, _budget.Held);
    }

    [Fact]
    public void A_slot_is_given_out_only_while_nothing_lies_over_it()
    {
        NbcFunction function = new()
        {
            Name = "f",
            ArenaBytes = 192,
            Registers =
            [
                new(NbcType.Any, 0, 128), new(NbcType.Any, 64, 128), new(NbcType.Any, 128, 64), new(NbcType.Any),
            ],
        };
        BlockPool pool = new(_budget);
        Stack<FrameArena> home = new();
        FrameArena arena = new(function, pool, _budget, home);
        arena.Open();
        SlotMemory first = arena.TryTake(0, 100)!;
        Assert.Null(arena.TryTake(1, 100)); // over the first
        SlotMemory third = arena.TryTake(2, 64)!;
        Assert.Null(arena.TryTake(3, 1)); // has no plan
        Assert.Null(arena.TryTake(2, 65)); // too large
        first.Release();
        Assert.Null(arena.TryTake(1, 100)); // over the third
        arena.Close();
        Assert.Empty(home);
        third.Release();
        Assert.Same(arena, home.Pop());
        arena.Drop();
        pool.Trim();
        Assert.Equal(0, _budget.Held);
    }

    [Fact]
    public unsafe void A_mapped_file_is_memory_and_an_empty_one_is_none()
    {
        string path = Path.GetTempFileName();
        try
        {
            Assert.Equal(0, MappedFile.Open(path).Length);
            File.WriteAllBytes(path, [1, 2, 3]);
            ForeignMemory mapped = MappedFile.Open(path);
            Assert.Equal([1, 2, 3], new ReadOnlySpan<byte>(mapped.Pointer, (int)mapped.Length).ToArray());
            Assert.NotNull(mapped.Keeper);
        }
        finally
        {
            File.Delete(path);
        }

        Assert.Throws<FileNotFoundException>(() => MappedFile.Open(path));
    }
}
