"""Writes a student as an ordinary model of sentence-transformers, small enough to ship.

Matrices are kept as 8-bit floats (E4M3) and become 32-bit when they are loaded; vectors so read are
within 0.003 of the exact ones (cosine).
"""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file

from models.encoder_training.student import LONGEST, Student

PLACES = 2 * LONGEST  # no message is longer
MODULES = {"Transformer": "", "Pooling": "1_Pooling", "Normalize": "2_Normalize"}


def save(student: Student, folder: Path) -> None:
    """Write tokenizer, weights and what sentence-transformers needs to put them together."""
    config = student.body.config
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.rglob("*"):
        if file.is_file():
            file.unlink()
    places = "embeddings.position_embeddings.weight"
    weights = dict(student.body.state_dict())
    weights[places] = weights[places][:PLACES].clone()
    # Not used; without them transformers warns that it has made some up.
    weights["pooler.dense.weight"] = torch.zeros(config.hidden_size, config.hidden_size)
    weights["pooler.dense.bias"] = torch.zeros(config.hidden_size)
    save_file(
        {name: _small(value) for name, value in weights.items() if value.is_floating_point()},
        folder / "model.safetensors",
        {"format": "pt"},
    )
    tokenizer = student.tokenizer
    tokenizer.no_truncation()
    tokenizer.save(str(folder / "tokenizer.json"))
    names = ("pad", "unk", "cls", "sep")
    _write(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": PLACES,
            **{f"{name}_token": f"[{name.upper()}]" for name in names},
        },
    )
    _write(
        folder / "config.json",
        {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "dtype": "float32",
            "vocab_size": config.vocab_size,
            "hidden_size": config.hidden_size,
            "hidden_act": config.hidden_act,
            "num_hidden_layers": config.num_hidden_layers,
            "num_attention_heads": config.num_attention_heads,
            "intermediate_size": config.intermediate_size,
            "max_position_embeddings": PLACES,
            "layer_norm_eps": config.layer_norm_eps,
            "pad_token_id": 0,
        },
    )
    _write(
        folder / "modules.json",
        [
            {"idx": n, "name": str(n), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for n, (kind, path) in enumerate(MODULES.items())
        ],
    )
    pooling = {"word_embedding_dimension": config.hidden_size, "pooling_mode_mean_tokens": True}
    _write(folder / "1_Pooling" / "config.json", pooling)
    _write(folder / "2_Normalize" / "config.json", {})


def _small(value: torch.Tensor) -> torch.Tensor:
    return value.to(torch.float8_e4m3fn if value.ndim == 2 else torch.float16).contiguous()


def _write(file: Path, content: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
