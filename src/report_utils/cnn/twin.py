"""The network as it is trained: the same function as the plain model, with less to carry to and from memory."""

from __future__ import annotations

from typing import Any

from keras import ops

from report_utils.cnn.sizes import CONVOLUTION_FILTERS


def outputs(weights: list[Any], images: Any, open_channels: Any) -> Any:
    """Return what :func:`report_utils.cnn.build_cnn`'s model returns, with these weights.

    The plain model adds the bias and takes the ReLU of every pixel, and then the largest of four. Both are
    monotonic, so the largest is taken first here, and a quarter of the pixels goes through the rest: the output and
    the gradient are the same, one and all.

    Parameters
    ----------
    weights : list of tensor
        Of the shapes of :func:`report_utils.cnn.sizes.weight_shapes`.
    images : (batch_size, n_pixels, n_pixels, n_channels) tensor
    open_channels : (n_channels,) tensor
        One for channels that are seen, zero for those that are closed (report, section 4.1). A closed channel's
        kernel is zeroed in place of its pixels, which comes to the same, also in the gradient.

    Returns
    -------
    tensor of shape (batch_size,)
    """
    n_convolutions = len(CONVOLUTION_FILTERS)
    pairs = list(zip(weights[::2], weights[1::2], strict=True))
    values = images
    for i, (kernel, bias) in enumerate(pairs[:n_convolutions]):
        seen = kernel if i else kernel * open_channels[:, None]
        values = ops.conv(values, seen, strides=1, padding="same", data_format="channels_last")
        values = ops.max_pool(values, 2, strides=2, padding="valid", data_format="channels_last")
        values = ops.relu(values + bias)
    values = ops.mean(values, axis=(1, 2))
    for kernel, bias in pairs[n_convolutions:-1]:
        values = ops.relu(ops.matmul(values, kernel) + bias)
    kernel, bias = pairs[-1]
    return (ops.matmul(values, kernel) + bias)[:, 0]
