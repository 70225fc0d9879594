"""Every network of series as a graph: torch's logits, whatever the batch and the length."""

from types import SimpleNamespace

import numpy as np
import onnxruntime
import pytest
import torch

from evenhand.export.graph import to_onnx
from evenhand.models.series import NETWORKS, build
from evenhand.types import FitStatistics, Task
from tiny_series import STREAMS, frames_of, table_of, windows_of

FIT = FitStatistics(Task.MULTICLASS, 100, np.array([80.0, 20.0]), np.array([100.0, 100.0]))
SMALL = {
    "transformer": [{"d_model": 16, "heads": 2, "layers": 1, "patch": 3}],
    "lstm": [{"hidden": 6, "layers": 2}, {"hidden": 5, "bidirectional": False}],
    "cnn": [{"channels": 8}],
}
SHAPES = [
    pytest.param(name, settings, id=f"{name}-{i}")
    for name in NETWORKS.names()
    for i, settings in enumerate(SMALL[name])
]


@pytest.mark.parametrize(("name", "settings"), SHAPES)
def test_its_graph_says_what_the_network_says(name, settings):
    torch.manual_seed(0)
    model = build(
        (name, settings), STREAMS, ("linear", {}), fit=FIT, prior_bias=True, auxiliary=3
    ).eval()
    table = table_of()
    classifier = SimpleNamespace(model=model, reader=SimpleNamespace(table=lambda _rows: table))
    graph = to_onnx(classifier, range(3))
    opened = onnxruntime.InferenceSession(graph.SerializeToString())
    longer = table_of(windows_of(frames_of(seed=5), length=20, ragged=True))
    for asked, rows in ((table, [0]), (table, range(6)), (longer, range(9))):
        batch = asked.batch(np.array(rows))
        with torch.no_grad():
            expected_BC = model(**{n: torch.from_numpy(a) for n, a in batch.items()}).numpy()
        (found_BC,) = opened.run(None, batch)
        np.testing.assert_allclose(found_BC, expected_BC, atol=1e-5)
