using System.Net;
using System.Net.Sockets;
using Noodle.Node.Hosting;
using Noodle.Node.Tests.Nodes;

namespace Noodle.Node.Tests.Hosting;

public sealed class PortBinderTests
{
    [Fact]
    public void Zero_takes_any_free_port()
    {
        using Socket socket = PortBinder.BindHttp(IPAddress.Loopback, 0, 8000);
        Assert.NotEqual(0, PortOf(socket));
    }

    [Fact]
    public void A_port_asked_for_that_is_taken_is_named_with_the_way_out()
    {
        using Socket taken = PortBinder.BindHttp(IPAddress.Loopback, 0, 8000);
        var error = Assert.Throws<PortInUseException>(() => PortBinder.BindHttp(IPAddress.Loopback, PortOf(taken),
            8000));
        Assert.Equal(
            $"Port {PortOf(taken)} on 127.0.0.1 is in use; stop what uses it or choose another with --http-port.",
                error.Message);
    }

    [Fact]
    public void A_port_on_an_address_of_another_machine_cannot_be_opened()
    {
        var error = Assert.Throws<PortInUseException>(() => PortBinder.BindHttp(IPAddress.Parse("192.0.2.1"), 8000,
            8000));
        Assert.Contains("cannot be opened", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_wish_the_first_free_port_from_the_default_is_taken()
    {
        int first = FreePort.Take();
        using Socket one = PortBinder.BindHttp(IPAddress.Loopback, null, first);
        using Socket two = PortBinder.BindHttp(IPAddress.Loopback, null, PortOf(one));
        Assert.True(PortOf(one) >= first);
        Assert.True(PortOf(two) > PortOf(one));
    }

    private static int PortOf(Socket socket) => ((IPEndPoint)socket.LocalEndPoint!).Port;
}
