#!/usr/bin/python3
"""Exports well-known architectures with random, calibrated weights to ONNX, for `bench models`.

Needs Debian's packages python3-torch and python3-torchvision:
    /usr/bin/python3 bench/models/export.py [NAME ...]        # all, or some; written to bench/models/exported

The weights are drawn from a seed, so every run gives the same models. They are random, but calibrated: He's
initialisation where nothing normalises, and the statistics of each batch normalisation measured on random images,
so that activations stay finite and outputs depend on inputs.
"""
import math
import os
import sys

import torch
import torchvision.models as vision
from torch import nn

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "exported")
SEED = 20260114


class Block(nn.Module):
    """One encoder layer of BERT's kind (norm after each part), or of GPT-2's (before, with a cache)."""

    def __init__(self, width, heads, inner, is_decoder=False):
        super().__init__()
        self.heads, self.is_decoder = heads, is_decoder
        self.q, self.k, self.v, self.o = (nn.Linear(width, width) for _ in range(4))
        self.up, self.down = nn.Linear(width, inner), nn.Linear(inner, width)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)

    def split(self, x):
        return x.view(x.size(0), x.size(1), self.heads, -1).transpose(1, 2)

    def attend(self, x, mask, past=None):
        q, k, v = self.split(self.q(x)), self.split(self.k(x)), self.split(self.v(x))
        if past is not None:
            k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
        scores = torch.matmul(q, k.transpose(-1, -2)) / math.sqrt(q.size(-1))
        weights = torch.softmax(scores.masked_fill(mask, -1e9), -1)
        mixed = torch.matmul(weights, v).transpose(1, 2).reshape(x.size(0), x.size(1), -1)
        return self.o(mixed), k, v

    def feed(self, x):
        x = self.up(x)
        if self.is_decoder:  # GPT-2's own form of Gelu
            x = 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * torch.pow(x, 3))))
        else:
            x = x * 0.5 * (1 + torch.erf(x / math.sqrt(2)))
        return self.down(x)


class Encoder(nn.Module):
    """MiniLM and DistilBERT, by their sizes."""

    def __init__(self, layers, width, heads, types, words=30522, places=512):
        super().__init__()
        self.words, self.places = nn.Embedding(words, width), nn.Embedding(places, width)
        self.types = nn.Embedding(2, width) if types else None
        self.norm = nn.LayerNorm(width)
        self.blocks = nn.ModuleList(Block(width, heads, 4 * width) for _ in range(layers))

    def forward(self, input_ids, attention_mask, token_type_ids=None):
        x = self.words(input_ids) + self.places(torch.arange(input_ids.size(1)))
        if self.types is not None:
            x = x + self.types(token_type_ids)
        x, mask = self.norm(x), (attention_mask == 0)[:, None, None, :]
        for block in self.blocks:
            x = block.norm1(x + block.attend(x, mask)[0])
            x = block.norm2(x + block.feed(x))
        return x


class Decoder(nn.Module):
    """GPT-2 small with a cache of keys and values."""

    def __init__(self, layers=12, width=768, heads=12, words=50257):
        super().__init__()
        self.words, self.places = nn.Embedding(words, width), nn.Embedding(1024, width)
        self.blocks = nn.ModuleList(Block(width, heads, 4 * width, True) for _ in range(layers))
        self.norm = nn.LayerNorm(width)

    def forward(self, input_ids, *past):
        before, new = past[0].size(2), input_ids.size(1)
        at = torch.arange(new) + before
        mask = torch.arange(before + new)[None, :] > at[:, None]
        x, present = self.words(input_ids) + self.places(at), []
        for i, block in enumerate(self.blocks):
            mixed, k, v = block.attend(block.norm1(x), mask, past[2 * i:2 * i + 2])
            x, present = x + mixed, present + [k, v]
            x = x + block.feed(block.norm2(x))
        return (torch.matmul(self.norm(x), self.words.weight.t()), *present)


class UNet(nn.Module):
    def __init__(self, c=16):
        super().__init__()
        def pair(i, o):
            return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU(),
                                 nn.Conv2d(o, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU())
        self.a, self.b, self.c = pair(3, c), pair(c, 2 * c), pair(2 * c, 4 * c)
        self.up1, self.up2 = nn.ConvTranspose2d(4 * c, 2 * c, 2, 2), nn.ConvTranspose2d(2 * c, c, 2, 2)
        self.d, self.e = pair(4 * c, 2 * c), pair(2 * c, c)
        self.out, self.pool = nn.Conv2d(c, 2, 1), nn.MaxPool2d(2)

    def forward(self, x):
        a = self.a(x)
        b = self.b(self.pool(a))
        x = self.up1(self.c(self.pool(b)))
        x = self.up2(self.d(torch.cat([x, b], 1)))
        return self.out(self.e(torch.cat([x, a], 1)))


class BiLstm(nn.Module):
    def __init__(self, inputs=64, hidden=128):
        super().__init__()
        self.lstm = nn.LSTM(inputs, hidden, num_layers=2, bidirectional=True, batch_first=True)
        self.out = nn.Linear(2 * hidden, 16)

    def forward(self, x):
        return self.out(self.lstm(x)[0])


class Small(nn.Module):
    """What image nets are made of, in little: strided, grouped and depthwise windows, a gate, a sum, pools."""

    def __init__(self):
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, 16, 3, 2, 1, bias=False), nn.BatchNorm2d(16), nn.Hardswish())
        self.deep = nn.Sequential(nn.Conv2d(16, 16, 5, 1, 2, groups=16, bias=False), nn.BatchNorm2d(16), nn.ReLU6())
        self.mixed = nn.Sequential(nn.Conv2d(16, 16, 1, groups=4), nn.BatchNorm2d(16), nn.SiLU())
        self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(16, 16, 1), nn.Hardsigmoid())
        self.pool, self.out = nn.MaxPool2d(3, 2, 1), nn.Linear(16, 10)

    def forward(self, x):
        x = self.first(x)
        y = self.mixed(self.deep(x))
        x = self.pool(x + y * self.gate(y))
        return torch.log_softmax(self.out(x.mean((2, 3))), -1)


def mlp(*widths, softmax=False):
    layers = []
    for i, o in zip(widths, widths[1:]):
        layers += [nn.Linear(i, o), nn.ReLU()]
    return nn.Sequential(*layers[:-1], *([nn.Softmax(-1)] if softmax else []))


def calibrate(model, sample):
    """He's weights, branches of ConvNeXt that count, and statistics from a forward pass."""
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    for module in model.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)) or (isinstance(module, nn.Linear) and not norms):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.uniform_(module.bias, -0.1, 0.1)
    for name, parameter in model.named_parameters():
        if name.endswith("layer_scale"):
            nn.init.uniform_(parameter, 0.05, 0.2)
    for norm in norms:
        nn.init.uniform_(norm.weight, 0.5, 1.0)
        nn.init.uniform_(norm.bias, -0.1, 0.1)
        norm.momentum = None  # the mean over all batches
        norm.train()
    if norms:
        with torch.no_grad():
            for _ in range(2):
                model(torch.randn(4, *sample.shape[1:]))
    return model.eval()


def image(make, size=224, opset=13):
    return lambda: (calibrate(make().eval(), torch.zeros(1, 3, size, size)), (torch.randn(1, 3, size, size),),
                    dict(opset_version=opset, input_names=["image"], output_names=["output"]))


def encoder(layers, width, heads, types, opset, **sizes):
    names = ["input_ids", "attention_mask"] + (["token_type_ids"] if types else [])
    return lambda: (transformer(Encoder(layers, width, heads, types, **sizes)),
                    tuple(torch.ones(1, 8, dtype=torch.int64) for _ in names),
                    dict(opset_version=opset, input_names=names, output_names=["hidden"],
                         dynamic_axes={name: {0: "batch", 1: "sequence"} for name in names + ["hidden"]}))


def transformer(model):
    for parameter in model.parameters():
        if parameter.dim() > 1:
            nn.init.normal_(parameter, std=0.04)
        else:
            parameter.data += torch.randn(parameter.shape) * 0.02
    return model.eval()


def decoder():
    names = [f"past.{i}.{kind}" for i in range(12) for kind in ("key", "value")]
    outs = [name.replace("past", "present") for name in names]
    axes = {"input_ids": {0: "batch", 1: "sequence"}, "logits": {0: "batch", 1: "sequence"}}
    axes.update({name: {0: "batch", 2: "past"} for name in names})
    axes.update({name: {0: "batch", 2: "total"} for name in outs})
    inputs = (torch.ones(1, 3, dtype=torch.int64), *(torch.randn(1, 12, 4, 64) for _ in names))
    return transformer(Decoder()), inputs, dict(
        opset_version=14, input_names=["input_ids"] + names, output_names=["logits"] + outs, dynamic_axes=axes)


def plain(make, shape, opset=13):
    axes = {"x": {0: "batch"}, "y": {0: "batch"}}
    return lambda: (make().eval(), (torch.randn(*shape),), dict(
        opset_version=opset, input_names=["x"], output_names=["y"], dynamic_axes=axes))


MODELS = {
    "alexnet": image(vision.alexnet),
    "bilstm": plain(BiLstm, (1, 32, 64)),
    "convnext_tiny": image(vision.convnext_tiny, opset=17),
    "densenet121": image(vision.densenet121),
    "distilbert": encoder(6, 768, 12, False, 17),
    "efficientnet_b0": image(vision.efficientnet_b0),
    "gpt2_small": decoder,
    "inception_v3": image(lambda: vision.inception_v3(
        weights=None, aux_logits=False, transform_input=False, init_weights=False), 299),
    "minilm": encoder(6, 384, 12, True, 13),
    "mobilenet_v2": image(vision.mobilenet_v2),
    "mobilenet_v3_small": image(vision.mobilenet_v3_small, opset=14),
    "mobilenet_v3_large": image(vision.mobilenet_v3_large, opset=14),
    "resnet18": image(vision.resnet18),
    "resnet50": image(vision.resnet50, opset=17),
    "shufflenet_v2": image(vision.shufflenet_v2_x1_0),
    "small_mlp": plain(lambda: mlp(64, 128, 128, 10, softmax=True), (1, 64)),
    "squeezenet1_1": image(vision.squeezenet1_1),
    "tiny_bert": encoder(2, 32, 4, True, 17, words=128, places=64),
    "tiny_bilstm": plain(lambda: BiLstm(8, 16), (1, 12, 8)),
    "tiny_cnn": image(Small, 32, opset=14),
    "tiny_mlp": plain(lambda: mlp(8, 16, 16, 4), (1, 8)),
    "tiny_unet": image(lambda: UNet(4), 32),
    "unet": image(UNet, 256),
    "vgg19": image(vision.vgg19),
}


def main():
    os.makedirs(FOLDER, exist_ok=True)
    for name in sys.argv[1:] or sorted(MODELS):
        torch.manual_seed(SEED)
        model, inputs, options = MODELS[name]()
        path = os.path.join(FOLDER, name + ".onnx")
        with torch.no_grad():
            out = model(*inputs)
            out = out[0] if isinstance(out, tuple) else out
            torch.onnx.export(model, inputs, path + ".part", **options)
        os.replace(path + ".part", path)
        print(f"{name}: {os.path.getsize(path)} bytes, outputs up to {out.abs().max().item():.3g}, "
              f"spread {out.std().item():.3g}", flush=True)


if __name__ == "__main__":
    main()
