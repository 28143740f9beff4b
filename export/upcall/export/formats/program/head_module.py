"""A router head as a PyTorch module that ExecuTorch can lower. Import it only where torch is installed."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from upcall.routing.heads.router_head import RouterHead


class HeadModule(nn.Module):
    """``forward(features [1, F])`` → log-probability [1], float32: see ``RouterHead``."""

    def __init__(self, head: RouterHead) -> None:
        super().__init__()
        self._index = head.passed_index
        self.weights = nn.ParameterList(_fixed(weight) for weight, _ in head.layers)
        self.biases = nn.ParameterList(_fixed(bias) for _, bias in head.layers)

    def forward(self, features: Tensor) -> Tensor:
        """See the class."""
        if not len(self.weights):
            return features[:, self._index].clamp(max=0.0)
        values = features
        for number, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            values = nn.functional.linear(torch.relu(values) if number else values, weight, bias)
        logit = values[:, 0]
        # ln σ by operators that the runtime has, without overflow on either side
        return logit.clamp(max=0.0) - torch.log1p(torch.exp(-logit.abs()))


def _fixed(array: object) -> nn.Parameter:
    return nn.Parameter(torch.as_tensor(array), requires_grad=False)
