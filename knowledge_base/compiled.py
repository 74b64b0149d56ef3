"""A sentence embedding of the BERT kind, compiled to 8-bit integers: a millisecond a message.

The folder is an ordinary model of sentence-transformers. PyTorch reads it once; the graph made of
it is kept beside the index and run by onnxruntime, so that no process holds PyTorch. Weights are
rounded per output channel, inputs as they come (https://arxiv.org/abs/1712.05877).
"""

import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession, SessionOptions
from tokenizers import Tokenizer

from knowledge_base.whole_files import replace_whole

Weights = Mapping[str, NDArray[np.float32]]

# Weights go to 7 bits of the 8, words to all 8: sums of two products then fit into the 16 bits that
# processors without 8-bit dot products have for them, and all processors give the same vectors.
WEIGHT_STEPS = 63
WORD_STEPS = 127
# Part of every encoder's name: raised when the same model would give other vectors.
FORM = 2

# Texts at once from which a second processor pays.
MANY = 64


class CompiledEncoder:
    """The model of a folder; see `knowledge_base.encoder.Encoder`."""

    def __init__(self, folder: Path, name: str, kept_in: Path) -> None:
        """Load the graph from `kept_in`, where it is put the first time; seconds then, else 50 ms.

        `name` says which model it is: a changed model needs another one.
        """
        self.name = f"compiled-{FORM}:{name}"
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self._tokenizer.enable_truncation(config["max_position_embeddings"])
        self.dim = int(config["hidden_size"])
        graph = kept_in / f"encoder-{name.rpartition('@')[2]}-{FORM}.onnx"
        if not graph.exists():
            content = compile_bert(_weights(folder), heads=config["num_attention_heads"])
            replace_whole(graph, content)
        options = SessionOptions()
        options.intra_op_num_threads = 1
        self._session = InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `Encoder`. A millisecond for a short message, four for a long one.

        Each text by itself: how inputs are rounded depends on what stands beside them.
        """
        if len(texts) < MANY:
            rows = [self._vector(text) for text in texts]
        else:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                rows = list(pool.map(self._vector, texts))
        return np.stack(rows) if rows else np.zeros((0, self.dim), dtype=np.float32)

    def _vector(self, text: str) -> NDArray[np.float32]:
        ids = self._tokenizer.encode(text).ids
        if len(ids) <= 2:  # its two ends alone
            return np.zeros(self.dim, dtype=np.float32)
        vector: NDArray[np.float32] = self._session.run(None, {"ids": np.array(ids)})[0]
        return vector

    @staticmethod
    def reads(folder: Path) -> bool:
        """Whether the folder holds such a model: BERT, mean pooling, length 1."""
        try:
            modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            pooling = json.loads((folder / "1_Pooling" / "config.json").read_text("utf-8"))
        except (OSError, ValueError):
            return False
        kinds = [str(module["type"]).rpartition(".")[2] for module in modules]
        return (
            kinds == ["Transformer", "Pooling", "Normalize"]
            and config["model_type"] == "bert"
            and config["hidden_act"] == "gelu"
            and bool(pooling.get("pooling_mode_mean_tokens"))
        )


def compile_bert(weights: Weights, *, heads: int) -> bytes:
    """An ONNX graph: `ids` `(tokens,)` int64 to a vector `(dim,)` float32 of length 1.

    `weights` are those of `transformers.BertModel`, by their names there; token types and the
    pooler are not used.
    """
    graph = _Graph()
    dim = weights["embeddings.word_embeddings.weight"].shape[1]
    size = dim // heads
    layers = sum(name.endswith(".intermediate.dense.bias") for name in weights)
    hidden = _embed(graph, weights)
    split = graph.constant(np.array([0, 3, heads, size]))
    join = graph.constant(np.array([0, dim]))
    for layer in range(layers):
        own = _part(weights, f"encoder.layer.{layer}.")
        scale = {"query": size**-0.5, "key": 1.0, "value": 1.0}
        merged = {
            kind: np.concatenate([own[f"attention.self.{n}.{kind}"] * s for n, s in scale.items()])
            for kind in ("weight", "bias")
        }
        # (tokens, dim) to (3, heads, tokens, size)
        merged_heads = graph.node("Reshape", _linear(graph, hidden, merged), split)
        stacked = graph.node("Transpose", merged_heads, perm=[1, 2, 0, 3])
        query, key, value = (
            graph.node("Gather", stacked, graph.constant(np.array(place)), axis=0)
            for place in range(3)
        )
        scores = graph.node("MatMul", query, graph.node("Transpose", key, perm=[0, 2, 1]))
        mixed = graph.node("MatMul", graph.node("Softmax", scores, axis=-1), value)
        context = graph.node("Reshape", graph.node("Transpose", mixed, perm=[1, 0, 2]), join)
        attended = _linear(graph, context, _part(own, "attention.output.dense."))
        hidden = _norm(graph, hidden, attended, _part(own, "attention.output.LayerNorm."))
        wide = graph.node("Gelu", _linear(graph, hidden, _part(own, "intermediate.dense.")))
        narrow = _linear(graph, wide, _part(own, "output.dense."))
        hidden = _norm(graph, hidden, narrow, _part(own, "output.LayerNorm."))
    mean = graph.node("ReduceMean", hidden, graph.constant(np.array([0])), keepdims=0)
    return graph.finished(graph.node("LpNormalization", mean, axis=-1, p=2))


def _embed(graph: "_Graph", weights: Weights) -> str:
    """Words, places and the one token type, added and normalised."""
    words, scales = _rounded(weights["embeddings.word_embeddings.weight"], WORD_STEPS)
    pieces = graph.node("Cast", graph.node("Gather", graph.constant(words), "ids"), to="FLOAT")
    scaled = graph.node("Mul", pieces, graph.node("Gather", graph.constant(scales), "ids"))
    types = weights.get("embeddings.token_type_embeddings.weight")
    places = weights["embeddings.position_embeddings.weight"]
    count = graph.node("Size", "ids")
    numbers = graph.node("Range", graph.constant(np.array(0)), count, graph.constant(np.array(1)))
    table = graph.constant(places if types is None else places + types[0])
    placed = graph.node("Gather", table, numbers)
    return _norm(graph, scaled, placed, _part(weights, "embeddings.LayerNorm."))


def _linear(graph: "_Graph", inputs: str, layer: Weights) -> str:
    """`inputs @ weight.T + bias`, multiplied as 8-bit integers."""
    matrix, scales = _rounded(layer["weight"], WEIGHT_STEPS)
    rounded, scale, zero = graph.nodes("DynamicQuantizeLinear", inputs, outputs=3)
    weight = graph.constant(np.ascontiguousarray(matrix.T))
    zeros = graph.constant(np.zeros(len(matrix), dtype=np.int8))
    product = graph.node("MatMulInteger", rounded, weight, zero, zeros)
    rescale = graph.node("Mul", scale, graph.constant(scales[:, 0]))
    exact = graph.node("Mul", graph.node("Cast", product, to="FLOAT"), rescale)
    return graph.node("Add", exact, graph.constant(layer["bias"]))


def _norm(graph: "_Graph", left: str, right: str, layer: Weights) -> str:
    parts = (graph.constant(layer["weight"]), graph.constant(layer["bias"]))
    total = graph.node("Add", left, right)
    return graph.node("LayerNormalization", total, *parts, axis=-1, epsilon=1e-12)


def _rounded(
    matrix: NDArray[np.float32], steps: int
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """The matrix as integers from -steps to steps, and `(rows, 1)` what to multiply each row by."""
    scales = np.maximum(np.abs(matrix).max(axis=1, keepdims=True) / steps, 1e-9)
    return np.rint(matrix / scales).astype(np.int8), scales.astype(np.float32)


def _part(weights: Weights, prefix: str) -> Weights:
    return {k.removeprefix(prefix): v for k, v in weights.items() if k.startswith(prefix)}


class _Graph:
    """Nodes and constants of an ONNX graph as they are added; each name is new."""

    def __init__(self) -> None:
        # Only whoever compiles needs it.
        import onnx

        self._onnx = onnx
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def constant(self, values: NDArray[Any]) -> str:
        name = f"constant_{len(self._constants)}"
        self._constants.append(self._onnx.numpy_helper.from_array(values, name))
        return name

    def node(self, kind: str, *inputs: str, to: str | None = None, **attributes: Any) -> str:
        if to is not None:
            attributes["to"] = self._onnx.TensorProto.DataType.Value(to)
        return self.nodes(kind, *inputs, outputs=1, **attributes)[0]

    def nodes(self, kind: str, *inputs: str, outputs: int, **attributes: Any) -> list[str]:
        names = [f"{kind.lower()}_{len(self._nodes)}_{place}" for place in range(outputs)]
        node = self._onnx.helper.make_node(kind, list(inputs), names, **attributes)
        self._nodes.append(node)
        return names

    def finished(self, output: str) -> bytes:
        helper, kinds = self._onnx.helper, self._onnx.TensorProto
        graph = helper.make_graph(
            self._nodes,
            "sentence-encoder",
            [helper.make_tensor_value_info("ids", kinds.INT64, ["tokens"])],
            [helper.make_tensor_value_info(output, kinds.FLOAT, None)],
            self._constants,
        )
        # Opset 20 is the first with Gelu.
        opset = helper.make_opsetid("", 20)
        model: bytes = helper.make_model(
            graph, opset_imports=[opset], ir_version=9
        ).SerializeToString()
        return model


def _weights(folder: Path) -> Weights:
    """The weights as float32, whatever they are kept as."""
    from safetensors.torch import load_file

    tensors = load_file(str(folder / "model.safetensors"))
    return {name: tensor.float().numpy() for name, tensor in tensors.items()}
