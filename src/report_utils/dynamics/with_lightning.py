"""Recording a model that Lightning trains."""

from __future__ import annotations

from typing import Any

from report_utils.dynamics.adapters import Recordings, nothing_recorded
from report_utils.dynamics.with_torch import TorchRecorder

try:
    from lightning.pytorch import Callback
except ImportError:  # the same library under its older name
    from pytorch_lightning import Callback


class LightningRecorder(Callback):
    """Records what a Lightning module predicts for fixed inputs before the training and after every epoch.

    Parameters
    ----------
    inputs, recording, **options
        As for :class:`report_utils.dynamics.TorchRecorder`, the model excepted.

    Examples
    --------
    >>> trainer = Trainer(max_epochs=10, callbacks=[LightningRecorder(x_test, recording)])
    """

    def __init__(self, inputs: Any, recording: Recordings, **options: Any) -> None:
        self.inputs, self.recording, self.options = inputs, recording, options
        self._recorder: TorchRecorder | None = None

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002 - the signature is Lightning's
        """Record the state before the first epoch."""
        self._recorder = TorchRecorder(pl_module, self.inputs, self.recording, **self.options)
        if nothing_recorded(self.recording):
            self._recorder.record(epoch=0)

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002
        """Record the predictions after an epoch."""
        self._recorder.record()
