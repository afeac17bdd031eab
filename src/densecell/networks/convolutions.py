"""Convolutions whose gradients are right on processors with AMX too.

Torch leaves convolutions in bfloat16 to oneDNN, which takes AMX where a processor has
it. The gradients of kernels over large images are wrong there (seen in torch 2.13 with
oneDNN 3.12 on an Intel Xeon, from 16 channels of 96 x 96 pixels on): no numbers, or
others, and memory behind them is overwritten. Over small images they are right. So they
are summed over strips of the image that are small enough. All else is left to oneDNN.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from densecell.geometry import Shape

LARGEST = 1 << 16  # values of a slice of a strip; wrong ones were seen from 120,000 on
CHANNELS = 16  # that fewer ones are filled up to
LAST = torch.channels_last_3d


class Conv3d(nn.Conv3d):
    """A convolution of stride 1 over (B, C, Z, Y, X)."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, Z, Y, X) as `torch.nn.Conv3d` does."""
        if not _needs_strips(x):
            return super().forward(x)
        padding = cast(Shape, self.padding)
        return _apply(x, self.weight, self.bias, How(padding, 1, transposed=False))


class UpConv3d(nn.ConvTranspose3d):
    """Doubles the plane: kernel and stride (1, 2, 2)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, (1, 2, 2), stride=(1, 2, 2))

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        """Map (B, C, Z, Y, X) to (B, outputs, Z, 2 Y, 2 X)."""
        if output_size is not None or not _needs_strips(x):
            return super().forward(x, output_size)
        return _apply(x, self.weight, self.bias, How((0, 0, 0), 2, transposed=True))


def has_amx() -> bool:
    """Tell whether this processor has tiles of matrices."""
    return bool(getattr(torch.cpu, "_is_amx_tile_supported", lambda: False)())


def _needs_strips(x: Tensor) -> bool:
    return (
        torch.is_grad_enabled()
        and x.device.type == "cpu"
        and torch.is_autocast_enabled("cpu")
        and torch.get_autocast_dtype("cpu") is torch.bfloat16
        and has_amx()
    )


class How(NamedTuple):
    """What kind of convolution it is."""

    padding: Shape
    stride: int  # in plane
    transposed: bool

    def run(self, x: Tensor, kernel: Tensor, bias: Tensor | None) -> Tensor:
        """Convolve."""
        stride = (1, self.stride, self.stride)
        if self.transposed:
            return functional.conv_transpose3d(x, kernel, bias, stride, self.padding)
        return functional.conv3d(x, kernel, bias, stride, self.padding)

    def back(
        self, gradient: Tensor, x: Tensor, kernel: Tensor, *, of_kernel: bool
    ) -> Tensor:
        """Give the gradient of the kernel, or that of `x`."""
        both = torch.ops.aten.convolution_backward(
            gradient,
            x,
            kernel,
            None,
            [1, self.stride, self.stride],
            list(self.padding),
            [1, 1, 1],
            self.transposed,
            [0, 0, 0],
            1,
            [not of_kernel, of_kernel, False],
        )
        found: Tensor = both[int(of_kernel)]
        return found


def _apply(x: Tensor, weight: Tensor, bias: Tensor | None, how: How) -> Tensor:
    result: Tensor = _InStrips.apply(x.bfloat16(), weight, bias, how)  # type: ignore[no-untyped-call]
    return result


class _InStrips(torch.autograd.Function):
    """Convolve in bfloat16; sum the kernel's gradient over strips."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, how: How
    ) -> Tensor:
        kernel = weight.bfloat16()
        ctx.save_for_backward(x, kernel)
        ctx.how = how
        return how.run(x, kernel, None if bias is None else bias.bfloat16())

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, kernel = ctx.saved_tensors
        how: How = ctx.how
        of_x, of_kernel, of_bias, _ = ctx.needs_input_grad
        gradient = gradient.contiguous(memory_format=LAST)
        return (
            how.back(gradient, x, kernel, of_kernel=False) if of_x else None,
            kernel_gradient(gradient, x, kernel, how) if of_kernel else None,
            gradient.float().sum((0, 2, 3, 4)) if of_bias else None,
            None,
        )


def kernel_gradient(gradient: Tensor, x: Tensor, kernel: Tensor, how: How) -> Tensor:
    """Give the gradient of a kernel in float32, summed over strips."""
    total = torch.zeros(kernel.shape)
    within = how._replace(padding=(how.padding[0], 0, how.padding[2]))
    for said, seen, beyond in strips(gradient, x, kernel, how):
        part = gradient[:, :, :, said].contiguous(memory_format=LAST)
        image = functional.pad(x[:, :, :, seen], (0, 0, *beyond))
        image = image.contiguous(memory_format=LAST)
        total += within.back(part, image, kernel, of_kernel=True)
    return total


def strips(
    gradient: Tensor, x: Tensor, kernel: Tensor, how: How
) -> Iterator[tuple[slice, slice, tuple[int, int]]]:
    """Give rows of the gradient, those of `x` they come from, and rows beyond these.

    The last are how many rows of zeros lie before and behind.
    """
    channels = max(CHANNELS, x.shape[1], gradient.shape[1])
    width = max(gradient.shape[4], x.shape[4])
    step = how.stride if how.transposed else 1  # rows of the gradient from one of `x`
    most = max(1, LARGEST // (channels * width * step)) * step
    around = 0 if how.transposed else kernel.shape[3] - 1
    for first in range(0, gradient.shape[3], most):
        last = min(gradient.shape[3], first + most)
        begin = first // step - how.padding[1]
        end = last // step - how.padding[1] + around
        seen = slice(max(0, begin), min(end, x.shape[3]))
        yield slice(first, last), seen, (seen.start - begin, end - seen.stop)
