using Noodle.Primitives;
using NoodleNet.Link;

namespace NoodleNet.Tests.Link;

public sealed class DeadlineHeapTests
{
    [Fact]
    public void Whatever_is_added_and_removed_the_earliest_is_first() =>
        Gen.Select(Gen.Int[0, 31], Gen.Int[0, 50]).Array[0, 200].Sample(steps =>
        {
            var heap = new DeadlineHeap();
            heap.Grow(32);
            var model = new Dictionary<int, Instant>();
            foreach ((int slot, int at) in steps)
            {
                if (model.Remove(slot))
                {
                    heap.Remove(slot);
                }
                else
                {
                    model[slot] = new Instant(at);
                    heap.Add(slot, new Instant(at));
                }

                Assert.Equal(model.Count == 0 ? null : model.Values.Min(), heap.Earliest);
                Assert.True(model.Count == 0 || model[heap.EarliestSlot] == heap.Earliest);
            }
        }, iter: 300);
}
