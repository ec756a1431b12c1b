using NoodleNet.Mesh.Topology;
using NoodleNet.Talk;
using static NoodleNet.Tests.Mesh.MeshNodes;

namespace NoodleNet.Tests.Mesh.Topology;

public sealed class RelayRuleTests
{
    // This node is 9, its peer 2.
    public static TheoryData<string, int, int[], uint, RelayFault, int> Requests => new()
    {   // what comes                          target  seen             hops left  verdict              hops allowed
        { "the first of one relay",            5,      [2],             0,         RelayFault.None,        0 },
        { "the first of four",                 5,      [2],             3,         RelayFault.None,        3 },
        { "it asks for more than there may be", 5,     [2],             99,        RelayFault.None,        3 },
        { "it has passed two",                 5,      [1, 3, 2],       9,         RelayFault.None,        1 },
        { "this would be the fourth relay",    5,      [1, 3, 4, 2],    9,         RelayFault.None,        0 },
        { "this would be the fifth",           5,      [1, 3, 4, 6, 2], 9,         RelayFault.TooManyHops, 0 },
        { "the fifth node is the target",      9,      [1, 3, 4, 6, 2], 0,         RelayFault.None,        0 },
        { "it has passed six",                 5,      [1, 3, 4, 6, 7, 2], 0,      RelayFault.Malformed,   -1 },
        { "it has been here",                  5,      [1, 9, 2],       3,         RelayFault.Loop,        -1 },
        { "nobody has seen it",                5,      [],              3,         RelayFault.Malformed,   -1 },
        { "it says it came from another",      5,      [2, 3],          3,         RelayFault.Malformed,   -1 },
        { "the target has seen it",            5,      [5, 2],          3,         RelayFault.Malformed,   -1 },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public void A_request_passes_each_node_once_and_four_at_most(
        string what, int target, int[] seen, uint hops, RelayFault fault, int allowed)
    {
        Assert.NotEmpty(what);
        var open = new RelayOpen { Target = Node(target).ToString(), HopsLeft = hops };
        open.Seen.AddRange(seen.Select(number => Node(number).ToString()));
        Assert.Equal(fault, RelayRule.Read(open, Node(9), Node(2), out RelayRequest? request));
        Assert.Equal(allowed, request?.HopsLeft ?? -1);
    }

    [Fact]
    public void What_names_no_node_is_malformed()
    {
        var open = new RelayOpen { Target = "../etc", Seen = { Node(2).ToString() } };
        Assert.Equal(RelayFault.Malformed, RelayRule.Read(open, Node(9), Node(2), out _));
        open = new RelayOpen { Target = Node(5).ToString(), Seen = { "\u0007", Node(2).ToString() } };
        Assert.Equal(RelayFault.Malformed, RelayRule.Read(open, Node(9), Node(2), out _));
    }

    [Fact]
    public void However_requests_are_passed_on_they_end() => Gen.Int[0, 9].Array[30].Sample(steps =>
    {
        RelayOpen open = RelayRule.Write(Node(99), Node(0), [], 3);
        int at = 0;
        int passed = 0;
        foreach (int next in steps)
        {
            if (RelayRule.Read(open, Node(next), Node(at), out RelayRequest? request) != RelayFault.None)
            {
                break;
            }

            open = RelayRule.Write(request!.Target, Node(next), request.Seen, request.HopsLeft - 1);
            at = next;
            passed++;
        }

        return passed <= PathFinder.MostRelays;
    });
}
