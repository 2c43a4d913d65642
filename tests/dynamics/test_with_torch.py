"""A PyTorch model is recorded in a loop or by Lightning, and its training is the same with and without."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from report_utils.dynamics import Recording
from report_utils.errors import InputError

torch = pytest.importorskip("torch", reason="PyTorch is not installed (pip install torch)")

from report_utils.dynamics import TorchRecorder  # noqa: E402 - it needs PyTorch

RNG = np.random.default_rng(3)
X = torch.as_tensor(RNG.normal(size=(24, 5)).astype(np.float32))
Y = torch.as_tensor(RNG.normal(size=(24, 1)).astype(np.float32))
SHOWN = X[:8]


def make():
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Linear(5, 8), torch.nn.BatchNorm1d(8), torch.nn.ReLU(), torch.nn.Dropout(0.3), torch.nn.Linear(8, 1)
    )


def trained(recorder_of=None, epochs=3):
    model = make()
    optimizer = torch.optim.Adam(model.parameters())
    recorder = recorder_of(model) if recorder_of else None
    torch.manual_seed(1)
    for _ in range(epochs):
        if recorder:
            recorder.record()
        for rows in torch.randperm(24).split(6):
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(model(X[rows]), Y[rows]).backward()
            optimizer.step()
    if recorder:
        recorder.record()
    return model


def recording_of_numbers():
    return Recording(Y[:8].numpy())


def test_a_recorded_training_is_the_same_bit_for_bit():
    recording = recording_of_numbers()
    model = trained(lambda model: TorchRecorder(model, SHOWN, recording, batch_size=3))
    alone = trained()
    for one, other in zip(model.state_dict().values(), alone.state_dict().values(), strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    assert recording.epoch.tolist() == [0, 1, 2, 3]
    assert model.training
    model.eval()
    with torch.no_grad():
        np.testing.assert_allclose(recording.predictions[-1], model(SHOWN).numpy(), rtol=1e-5)


def test_a_softmax_is_added_by_a_function_of_ones_own():
    model = torch.nn.Linear(5, 3)
    recording = Recording(np.arange(8) % 3)
    with pytest.raises(InputError, match="say what the columns are"):
        TorchRecorder(model, SHOWN, recording).record()
    TorchRecorder(model, SHOWN, recording, predict=lambda model, x: model(x).softmax(1)).record()
    assert recording.classes == ("0", "1", "2")


class TwoOutputs(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two = torch.nn.Linear(5, 1), torch.nn.Linear(5, 1)

    def forward(self, x):
        return {"one": self.one(x["x"]), "two": self.two(x["x"])}


def test_inputs_and_outputs_by_name():
    recordings = {"two": recording_of_numbers()}
    model = TwoOutputs()
    TorchRecorder(model, {"x": SHOWN}, recordings, batch_size=5).record()
    np.testing.assert_allclose(recordings["two"].predictions[0], model.two(SHOWN).detach().numpy(), rtol=1e-5)
    with pytest.raises(InputError, match="recordings are named three, and the model has outputs named one, two"):
        TorchRecorder(model, {"x": SHOWN}, {"three": recording_of_numbers()}).record()


def loader(**options):
    return torch.utils.data.DataLoader(torch.utils.data.TensorDataset(SHOWN, Y[:8]), batch_size=3, **options)


def test_a_data_loader_is_read_in_its_order():
    recording = recording_of_numbers()
    model = trained(lambda model: TorchRecorder(model, loader(), recording))
    for one, other in zip(model.parameters(), trained().parameters(), strict=True):
        np.testing.assert_array_equal(one.detach().numpy(), other.detach().numpy())
    with pytest.raises(InputError, match="give different rows"):
        trained(lambda model: TorchRecorder(model, loader(shuffle=True), recording_of_numbers()))


def test_no_rows_and_no_batch_are_refused():
    with pytest.raises(InputError, match="no rows"):
        TorchRecorder(make(), X[:0], recording_of_numbers())
    with pytest.raises(InputError, match="batch_size is 0"):
        TorchRecorder(make(), X, recording_of_numbers(), batch_size=0)


def test_lightning_records_every_epoch_and_changes_nothing(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Lightning's own, at its import
        lightning = pytest.importorskip(
            "lightning.pytorch", reason="Lightning is not installed (pip install lightning)"
        )
        from report_utils.dynamics import LightningRecorder

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.net = make()

        def forward(self, x):
            return self.net(x)

        def training_step(self, batch, _):
            return torch.nn.functional.mse_loss(self(batch[0]), batch[1])

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters())

    def fitted(callbacks):
        module = Module()
        torch.manual_seed(2)
        batches = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X, Y), batch_size=6, shuffle=True)
        options = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the number of workers
            trainer = lightning.Trainer(
                max_epochs=3, accelerator="cpu", default_root_dir=tmp_path, enable_model_summary=False,
                callbacks=callbacks, **options,
            )  # fmt: skip
            trainer.fit(module, batches)
        return module

    recording = recording_of_numbers()
    module = fitted([LightningRecorder(SHOWN, recording)])
    for one, other in zip(module.parameters(), fitted([]).parameters(), strict=True):
        np.testing.assert_array_equal(one.detach().numpy(), other.detach().numpy())
    assert recording.epoch.tolist() == [0, 1, 2, 3]
    module.eval()
    np.testing.assert_allclose(recording.predictions[-1], module(SHOWN).detach().numpy(), rtol=1e-5)
