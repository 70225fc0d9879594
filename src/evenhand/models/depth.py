"""How deep in the encoder a parameter lies, and which depths learn in a given pass."""

from __future__ import annotations

from typing import Literal

from torch import nn

from evenhand.errors import ConfigError

Frozen = int | Literal["all"]
"""How many of an encoder's lowest layers are frozen, with the embeddings below them."""


def layers_of(encoder: nn.Module) -> list[nn.Module]:
    """Return the encoder's repeated blocks, bottom to top.

    They are the longest ``ModuleList`` whose modules have one class, the first one of equals. An
    encoder without any, such as a table of static embeddings, gives ``[]``.
    """
    lists = [
        list(module)
        for module in encoder.modules()
        if isinstance(module, nn.ModuleList) and len(set(map(type, module))) == 1
    ]
    return max(lists, key=len, default=[])


def depths(model: nn.Module) -> dict[str, int]:
    """Return how many layers lie above each parameter of ``model.encoder``.

    0 is the top layer and what follows it, ``len(layers_of(encoder))`` the embeddings and what
    else comes before the bottom layer. The head and the pooling are not in it.

    Args:
        model: a classifier; keys are its parameters' names.
    """
    encoder: nn.Module = model.get_submodule("encoder")
    layers = layers_of(encoder)
    inside = {
        id(parameter): len(layers) - 1 - index
        for index, layer in enumerate(layers)
        for parameter in layer.parameters()
    }
    tables = {id(m.weight) for m in encoder.modules() if isinstance(m, nn.Embedding)}
    found: dict[str, int] = {}
    outside = len(layers)
    for name, parameter in encoder.named_parameters():
        if id(parameter) in inside:
            found[f"encoder.{name}"] = inside[id(parameter)]
            outside = 0
        else:
            found[f"encoder.{name}"] = len(layers) if id(parameter) in tables else outside
    return found


def learning_names(
    model: nn.Module, *, frozen: Frozen, unfreeze_every: int, epoch: int
) -> frozenset[str]:
    """Return the names of the parameters that learn in pass ``epoch``.

    Pass 0 leaves out the embeddings and the ``frozen`` lowest layers; every ``unfreeze_every``
    passes the highest of what is left out joins, the embeddings last (Howard and Ruder 2018,
    arXiv:1801.06146, section 3.3). The set only grows, so that of the last pass is what an
    optimizer needs; ``frozen=0`` gives every name.

    Args:
        model: a classifier.
        frozen: lowest layers left out, >= 0; ``"all"`` is the whole encoder.
        unfreeze_every: passes between two layers, >= 0; 0 never unfreezes.
        epoch: passes completed, >= 0.

    Raises:
        ConfigError: E105 when the encoder has fewer layers than are to be frozen.
    """
    deep = depths(model)
    layers = len(layers_of(model.get_submodule("encoder")))
    if frozen == 0:
        still = 0
    else:
        still = 1 + (layers if frozen == "all" else _at_most(layers, frozen))
        still -= epoch // unfreeze_every if unfreeze_every else 0
    return frozenset(
        name for name, _ in model.named_parameters() if deep.get(name, -1) + still <= layers
    )


def set_trainable(model: nn.Module, *, frozen: Frozen, unfreeze_every: int, epoch: int) -> None:
    """Let exactly the parameters of ``learning_names`` learn; the others keep no gradient.

    A function of ``epoch`` alone, so a resumed run calls it and needs no state.
    """
    learning = learning_names(model, frozen=frozen, unfreeze_every=unfreeze_every, epoch=epoch)
    for name, parameter in model.named_parameters():
        parameter.requires_grad = name in learning
        if name not in learning:
            parameter.grad = None


def unreachable(model: nn.Module) -> list[str]:
    """Return the trainable parameters that the last backward pass gave no gradient.

    Nothing connects them with the loss, so they stay what they are. To be asked after a step and
    before gradients are cleared.
    """
    return [name for name, p in model.named_parameters() if p.requires_grad and p.grad is None]


def _at_most(layers: int, frozen: int) -> int:
    if frozen > layers:
        raise ConfigError(
            "E105",
            "the encoder has fewer layers than are to be frozen",
            got=f"optim.frozen_layers = {frozen}, but it has {layers} layers",
            fix=f"--set optim.frozen_layers={layers}, or --set optim.frozen_layers=all",
        )
    return frozen
