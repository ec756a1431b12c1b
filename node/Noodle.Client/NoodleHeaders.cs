namespace Noodle.Client;

/// <summary>HTTP headers of a call beyond those of HTTP itself.</summary>
public static class NoodleHeaders
{
    /// <summary>Request and answer: bytes of JSON before the binary tensors (Open Inference Protocol).</summary>
    public const string InferenceHeaderLength = "Inference-Header-Content-Length";

    /// <summary>Request: a UUID, the same for every attempt at one call.</summary>
    public const string IdempotencyKey = "Idempotency-Key";

    /// <summary>Request: time left for the call, in whole milliseconds.</summary>
    public const string Timeout = "Noodle-Timeout-Ms";

    /// <summary>Request: what the node that runs it must be, such as <c>on(gpu, memory&gt;=8GB)</c>.</summary>
    public const string Requirement = "Noodle-Require";

    /// <summary>Request: W3C trace context.</summary>
    public const string TraceParent = "traceparent";

    /// <summary>Request with a model file: <c>sha256:</c> and 64 hexadecimal digits.</summary>
    public const string Digest = "Noodle-Digest";

    /// <summary>Answer: id of the node that ran the model.</summary>
    public const string Node = "Noodle-Node";

    /// <summary>Answer: short name of the engine that ran the model, such as <c>nbc</c>.</summary>
    public const string Engine = "Noodle-Engine";

    /// <summary>Answer: how many nodes the mesh tried.</summary>
    public const string Attempts = "Noodle-Attempts";

    /// <summary>Answer: why that node, one sentence.</summary>
    public const string Reason = "Noodle-Reason";

    /// <summary>Answer: time in the engine, in microseconds.</summary>
    public const string Compute = "Noodle-Compute-Us";
}
