"""A checkpoint of the right classes and next to no weights, made on the spot: Z-Image's pipeline in two megabytes.

python tests/local/tiny.py FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler, ZImagePipeline, ZImageTransformer2DModel
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3Model

TEMPLATE = "{% for m in messages %}<|im_start|>{{ m['content'] }}<|im_end|>{% endfor %}"
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


def tokenizer() -> PreTrainedTokenizerFast:
    """One token a byte."""
    vocabulary = {piece: k for k, piece in enumerate([*SPECIAL, *sorted(pre_tokenizers.ByteLevel.alphabet())])}
    raw = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    made = PreTrainedTokenizerFast(
        tokenizer_object=raw, eos_token=SPECIAL[2], pad_token=SPECIAL[0], additional_special_tokens=SPECIAL[1:]
    )
    made.chat_template = TEMPLATE
    return made


def make(folder: Path) -> None:
    torch.manual_seed(0)
    words = tokenizer()
    text = Qwen3Model(
        Qwen3Config(
            vocab_size=len(words), hidden_size=32, intermediate_size=37, num_hidden_layers=2, num_attention_heads=2,
            num_key_value_heads=2, head_dim=16, max_position_embeddings=512,
        )
    )  # fmt: skip
    transformer = ZImageTransformer2DModel(
        dim=32, n_layers=2, n_refiner_layers=1, n_heads=2, n_kv_heads=2, cap_feat_dim=32, axes_dims=[8, 4, 4],
        axes_lens=[1024, 512, 512],
    )  # fmt: skip
    with torch.no_grad():
        for name, weight in transformer.named_parameters():
            if "pad_token" in name:  # made without a value
                torch.nn.init.normal_(weight, std=0.02)
    decoder = AutoencoderKL(
        down_block_types=["DownEncoderBlock2D"] * 4, up_block_types=["UpDecoderBlock2D"] * 4,
        block_out_channels=[16] * 4, layers_per_block=1, latent_channels=16, norm_num_groups=8, sample_size=32,
        scaling_factor=0.3611, shift_factor=0.1159, use_quant_conv=False, use_post_quant_conv=False,
        mid_block_add_attention=False,
    )  # fmt: skip
    pipeline = ZImagePipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0), vae=decoder, text_encoder=text, tokenizer=words,
        transformer=transformer,
    )  # fmt: skip
    pipeline.save_pretrained(folder)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
