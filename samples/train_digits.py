#!/usr/bin/python3
"""Trains the sample model digits.onnx on real handwritten digits and writes its test data beside it.

Needs numpy, scikit-learn (for its copy of the UCI digits) and onnx; takes about half a minute on one core.
The seed is fixed and one thread is used, so the same library versions give the same files.

Model: image FP32 [-1, 1, 8, 8], ink 0..1 on a background of 0 (the data set's 0..16 divided by 16)
    -> scores FP32 [-1, 10], which sum to one, and digit INT64 [-1], the best of them.
"""
import os

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import struct
import zlib
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

FOLDER = Path(__file__).resolve().parent / "models"
NAMES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
CHANNELS_1, CHANNELS_2, EPOCHS, BATCH = 16, 32, 60, 32


def patches(x):
    """[n, c, h, w] to [n, h, w, c * 9]: the 3 by 3 neighbourhood of every pixel, zeros beyond the edge."""
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    n, c, h, w = x.shape
    return windows.transpose(0, 2, 3, 1, 4, 5).reshape(n, h, w, c * 9)


def unpatch(grad, shape):
    """The transpose of patches: adds every patch's gradient back to the pixels it was cut from."""
    n, c, h, w = shape
    padded = np.zeros((n, c, h + 2, w + 2), np.float32)
    grad = grad.reshape(n, h, w, c, 3, 3)
    for dy in range(3):
        for dx in range(3):
            padded[:, :, dy : dy + h, dx : dx + w] += grad[:, :, :, :, dy, dx].transpose(0, 3, 1, 2)
    return padded[:, :, 1:-1, 1:-1]


def forward(p, x):
    """Scores before softmax, and what the backward pass needs."""
    cols1 = patches(x)
    act1 = np.maximum(cols1 @ p["w1"] + p["b1"], 0).transpose(0, 3, 1, 2)
    cols2 = patches(act1)
    act2 = np.maximum(cols2 @ p["w2"] + p["b2"], 0).transpose(0, 3, 1, 2)
    blocks = act2.reshape(len(x), CHANNELS_2, 4, 2, 4, 2).transpose(0, 1, 2, 4, 3, 5).reshape(len(x), -1, 4)
    best = blocks.argmax(axis=2)
    pooled = np.take_along_axis(blocks, best[:, :, None], axis=2)[:, :, 0]
    return pooled @ p["w3"] + p["b3"], (cols1, act1, cols2, act2, best, pooled)


def backward(p, kept, error):
    """Gradients of the mean cross entropy; error is softmax minus one-hot, divided by the batch size."""
    cols1, act1, cols2, act2, best, pooled = kept
    n = len(error)
    g = {"w3": pooled.T @ error, "b3": error.sum(axis=0)}
    blocks = np.zeros((n, best.shape[1], 4), np.float32)
    np.put_along_axis(blocks, best[:, :, None], (error @ p["w3"].T)[:, :, None], axis=2)
    d2 = blocks.reshape(n, CHANNELS_2, 4, 4, 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(act2.shape)
    d2 = (d2 * (act2 > 0)).transpose(0, 2, 3, 1)
    g["w2"] = cols2.reshape(-1, cols2.shape[-1]).T @ d2.reshape(-1, CHANNELS_2)
    g["b2"] = d2.sum(axis=(0, 1, 2))
    d1 = unpatch(d2 @ p["w2"].T, act1.shape)
    d1 = (d1 * (act1 > 0)).transpose(0, 2, 3, 1)
    g["w1"] = cols1.reshape(-1, cols1.shape[-1]).T @ d1.reshape(-1, CHANNELS_1)
    g["b1"] = d1.sum(axis=(0, 1, 2))
    return g


def shifted(x, rng):
    """Every image moved by -1, 0 or 1 pixels each way: a writer's hand is not that exact either."""
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    moves = rng.integers(0, 3, (len(x), 2))
    return np.stack([image[:, dy : dy + 8, dx : dx + 8] for image, (dy, dx) in zip(padded, moves)])


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def train(images, labels):
    rng = np.random.default_rng(1797)

    def start(fan_in, *shape):
        return (rng.standard_normal(shape) * np.sqrt(2 / fan_in)).astype(np.float32)

    p = {
        "w1": start(9, 9, CHANNELS_1), "b1": np.zeros(CHANNELS_1, np.float32),
        "w2": start(9 * CHANNELS_1, 9 * CHANNELS_1, CHANNELS_2), "b2": np.zeros(CHANNELS_2, np.float32),
        "w3": start(16 * CHANNELS_2, 16 * CHANNELS_2, 10), "b3": np.zeros(10, np.float32),
    }
    mean = {k: np.zeros_like(v) for k, v in p.items()}
    square = {k: np.zeros_like(v) for k, v in p.items()}
    step = 0
    for epoch in range(EPOCHS):
        rate = 0.002 * 0.5 * (1 + np.cos(np.pi * epoch / EPOCHS))
        order = rng.permutation(len(images))
        for at in range(0, len(order), BATCH):
            chosen = order[at : at + BATCH]
            logits, kept = forward(p, shifted(images[chosen], rng))
            error = softmax(logits)
            error[np.arange(len(chosen)), labels[chosen]] -= 1
            gradients = backward(p, kept, error.astype(np.float32) / len(chosen))
            step += 1
            for k in p:  # Adam
                mean[k] = 0.9 * mean[k] + 0.1 * gradients[k]
                square[k] = 0.999 * square[k] + 0.001 * gradients[k] ** 2
                unbiased = mean[k] / (1 - 0.9**step), square[k] / (1 - 0.999**step)
                p[k] = (p[k] - rate * unbiased[0] / (np.sqrt(unbiased[1]) + 1e-8)).astype(np.float32)
    return p


def to_onnx(p):
    def kernel(w, channels_in):  # columns in patches' order to ONNX's [out, in, 3, 3]
        return np.ascontiguousarray(w.T.reshape(-1, channels_in, 3, 3))

    weights = {
        "conv1.weight": kernel(p["w1"], 1), "conv1.bias": p["b1"],
        "conv2.weight": kernel(p["w2"], CHANNELS_1), "conv2.bias": p["b2"],
        "fc.weight": p["w3"], "fc.bias": p["b3"],
    }
    conv = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
    nodes = [
        helper.make_node("Conv", ["image", "conv1.weight", "conv1.bias"], ["c1"], "conv1", **conv),
        helper.make_node("Relu", ["c1"], ["a1"], "relu1"),
        helper.make_node("Conv", ["a1", "conv2.weight", "conv2.bias"], ["c2"], "conv2", **conv),
        helper.make_node("Relu", ["c2"], ["a2"], "relu2"),
        helper.make_node("MaxPool", ["a2"], ["pooled"], "pool", kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Flatten", ["pooled"], ["flat"], "flatten", axis=1),
        helper.make_node("Gemm", ["flat", "fc.weight", "fc.bias"], ["logits"], "fc"),
        helper.make_node("Softmax", ["logits"], ["scores"], "softmax", axis=1),
        helper.make_node("ArgMax", ["scores"], ["digit"], "argmax", axis=1, keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, 8, 8])],
        [
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 10]),
            helper.make_tensor_value_info("digit", TensorProto.INT64, ["batch"]),
        ],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, producer_name="noodle", opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    model.doc_string = "Handwritten digits, 8 by 8, ink 0..1 on 0. Trained on the UCI digits (CC BY 4.0)."
    onnx.checker.check_model(model, full_check=True)
    return model


def write_png(path, image):
    """An 8 by 8 grey image, ink 0..1 as 0..255."""
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    height, width = image.shape
    rows = b"".join(b"\0" + row.tobytes() for row in np.round(image * 255).astype(np.uint8))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


def main():
    data = load_digits()
    images = (data.images / 16).astype(np.float32)[:, None]
    labels = data.target.astype(np.int64)
    train_x, test_x, train_y, test_y = train_test_split(
        images, labels, test_size=360, stratify=labels, random_state=0)
    p = train(train_x, train_y)
    guesses = forward(p, test_x)[0].argmax(axis=1)
    right = int((guesses == test_y).sum())
    print(f"{len(train_x)} images learned; {right} of {len(test_x)} held-out images right ({right / len(test_x):.2%})")

    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "digits.onnx").write_bytes(to_onnx(p).SerializeToString(deterministic=True))
    np.save(FOLDER / "digits-test-images.npy", test_x)
    np.save(FOLDER / "digits-test-labels.npy", test_y)
    for digit, name in enumerate(NAMES):  # the first held-out image of each digit, whether recognised or not
        write_png(FOLDER / f"{name}.png", test_x[int(np.argmax(test_y == digit)), 0])


if __name__ == "__main__":
    main()
