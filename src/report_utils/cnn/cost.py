"""What a step of training costs: operations, bytes to and from memory, and the time that a device needs for both.

The time is that of the roofline model (Williams, Waterman & Patterson 2009): whatever takes longer, the arithmetic at
the device's peak or the traffic at its bandwidth, for each part by itself, and besides what it takes to start each.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from report_utils.binning import N_VIEWS
from report_utils.cnn.layer_sizes import CONVOLUTION_FILTERS, DENSE_UNITS

_FLOAT = 4  # bytes
_KERNEL_PIXELS = 9


@dataclass(frozen=True)
class Part:
    """One pass over memory of a training step.

    Parameters
    ----------
    name : str
    operations : float
        Additions and multiplications, for one image.
    numbers : float
        Numbers read and written, for one image: each array that goes in or comes out once.
    """

    name: str
    operations: float
    numbers: float


@dataclass(frozen=True)
class Device:
    """What a device can do at most.

    Parameters
    ----------
    name : str
    operations : float
        In float32 [1/s].
    bandwidth : float
        [bytes/s].
    start_seconds : float
        Between the starts of two parts, where the one waits for the other [s].
    """

    name: str
    operations: float
    bandwidth: float
    start_seconds: float

    def at(self, share_of_peak: float) -> Device:
        """Return the device at a share of both its arithmetic and its bandwidth; starts take what they take."""
        return replace(self, operations=self.operations * share_of_peak, bandwidth=self.bandwidth * share_of_peak)


H100 = Device("NVIDIA H100 SXM", 66.9e12, 3.35e12, 3e-6)
"""By NVIDIA's data sheet, float32 outside of the tensor cores; a start takes about 3 microseconds of a compiled loop
without a recorded graph, which is our assumption."""


def training_parts(n_channels: int, n_pixels: int) -> list[Part]:
    """Return the parts of a training step, forwards and backwards.

    The first convolution needs no gradient for its input, and what follows a convolution (bias, pooling, ReLU) is one
    part. The dense layers are counted and take next to nothing.
    """
    n_in, pixels = n_channels, n_pixels**2
    parts = [Part("views", 0.0, 2 * n_in * pixels)]
    for i, n_out in enumerate(CONVOLUTION_FILTERS):
        operations = 2.0 * _KERNEL_PIXELS * n_in * n_out * pixels
        both, pooled = (n_in + n_out) * pixels, n_out * pixels / 4
        parts += [
            Part(f"convolution {i + 1}", operations, both),
            Part(f"pooling {i + 1}", 6 * pooled, n_out * pixels + pooled),
            Part(f"pooling {i + 1}, gradient", 6 * pooled, 2 * n_out * pixels + 2 * pooled),
            Part(f"convolution {i + 1}, gradient of the kernel", operations, both),
        ]
        if i:
            parts.append(Part(f"convolution {i + 1}, gradient of the input", operations, both))
        n_in, pixels = n_out, pixels // 4
    parts.append(Part("mean of all pixels", n_in * pixels, n_in * pixels))
    for i, (n_from, n_to) in enumerate(zip((n_in, *DENSE_UNITS), (*DENSE_UNITS, 1), strict=True)):
        parts += [
            Part(f"dense {i + 1}{kind}", 2.0 * n_from * n_to, n_from + n_to)
            for kind in ("", ", gradient of the kernel", ", gradient of the input")
        ]
    return parts


def useful_operations(n_channels: int, n_pixels: int) -> float:
    """Return the additions and multiplications of convolutions and dense layers that one training image needs."""
    return sum(
        part.operations
        for part in training_parts(n_channels, n_pixels)
        if part.name.startswith(("convolution", "dense"))
    )


def step_bytes(n_channels: int, n_pixels: int, batch_size: int) -> float:
    """Return the bytes that a step reads and writes, were nothing kept in a cache between two parts."""
    return _FLOAT * batch_size * sum(part.numbers for part in training_parts(n_channels, n_pixels))


def step_seconds(device: Device, n_channels: int, n_pixels: int, batch_size: int, *, n_networks: int = 1) -> float:
    """Return the least time that a device needs for one step of each of some networks, side by side [s].

    Parameters
    ----------
    device : Device
    n_channels, n_pixels, batch_size : int
    n_networks : int
        Their work adds up, and they share the starts.
    """
    return sum(
        device.start_seconds
        + n_networks * batch_size * max(part.operations / device.operations, _FLOAT * part.numbers / device.bandwidth)
        for part in training_parts(n_channels, n_pixels)
    )


def fit_seconds(
    device: Device,
    n_channels: int,
    n_pixels: int,
    batch_size: int,
    *,
    n_train: int,
    epochs: int,
    n_networks: int = 1,
    share_of_peak: float = 1.0,
) -> float:
    """Return the least time of a training, or of several side by side, at a share of the device's peak [s].

    Parameters
    ----------
    device : Device
    n_channels, n_pixels, batch_size : int
    n_train : int
        Images to train on, in eight views each.
    epochs, n_networks : int
    share_of_peak : float
        Of both arithmetic and bandwidth.
    """
    steps = epochs * -(-N_VIEWS * n_train // batch_size)
    return steps * step_seconds(device.at(share_of_peak), n_channels, n_pixels, batch_size, n_networks=n_networks)
