namespace Noodle.Primitives.Tests;

public sealed class BoundedQueueTests
{
    [Fact]
    public void It_behaves_as_a_queue_that_refuses_when_full() =>
        Gen.Select(Gen.Int[1, 8], Gen.Bool.Array[0, 100]).Sample((capacity, adds) =>
        {
            var queue = new BoundedQueue<int>(capacity);
            var model = new Queue<int>();
            for (int i = 0; i < adds.Length; i++)
            {
                if (adds[i])
                {
                    Assert.Equal(model.Count < capacity, queue.TryEnqueue(i));
                    if (model.Count < capacity)
                    {
                        model.Enqueue(i);
                    }
                }
                else
                {
                    Assert.Equal(model.TryPeek(out int expectedPeek), queue.TryPeek(out int peeked));
                    Assert.Equal(model.TryDequeue(out int expected), queue.TryDequeue(out int actual));
                    Assert.Equal((expectedPeek, expected), (peeked, actual));
                }

                Assert.Equal((model.Count, model.Count == capacity), (queue.Count, queue.IsFull));
            }
        });

    [Fact]
    public void A_queue_without_room_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new BoundedQueue<int>(0));

    [Fact]
    public void It_lets_go_of_what_it_gave()
    {
        var queue = new BoundedQueue<object>(1);
        WeakReference kept = Pass(queue);
        GC.Collect();
        Assert.False(kept.IsAlive);
        Assert.Equal(1, queue.Capacity);

        static WeakReference Pass(BoundedQueue<object> queue)
        {
            object item = new();
            queue.TryEnqueue(item);
            queue.TryDequeue(out _);
            return new WeakReference(item);
        }
    }
}
