"""What a model predicts for fixed items, epoch by epoch: the data of the dynamics picture, of any model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from report_utils.dynamics import recorded_values as given
from report_utils.errors import InputError, printable

if TYPE_CHECKING:
    import pandas as pd

    from report_utils.widgets import Widget


class Recording:
    """Every item's prediction at every epoch of a training.

    It knows no framework: give it predictions, and it checks that they are of the same items each time.

    Parameters
    ----------
    truth : (n_items,) or (n_items, n_outputs)
        Numbers, or for a classifier the class of each item: a label, or its place in ``classes``.
    item_ids : (n_items,), optional
        What identifies each item; 0, 1, ... by default.
    names : (n_items,) of str, optional
        What to call each item in pictures; its id by default.
    name : str
        What to call the recording.
    classes : int or sequence, optional
        The classes in the order of the predicted probabilities, or their number.
    outputs : sequence of str, optional
        Names of the quantities that are predicted, where there are several.
    views : int or sequence of str, optional
        How many predictions each item has, such as of rotated images, or their names; view 0 is shown.
    group : (n_items,), optional
        Items of one group are not independent; intervals draw whole groups.
    path : path, optional
        A new folder in which each epoch is kept as soon as it is recorded; :func:`load_recording` reads it.

    Examples
    --------
    >>> recording = Recording([1.0, 2.0, 3.0])
    >>> for epoch in range(3):
    ...     recording.record([1.0 + epoch, 2.0, 3.0], epoch=epoch)
    >>> recording.predictions.shape
    (3, 3, 1)
    """

    def __init__(
        self,
        truth: ArrayLike,
        *,
        item_ids: ArrayLike | None = None,
        names: Sequence[str] | None = None,
        name: str = "",
        classes: int | Sequence[Any] | None = None,
        outputs: Sequence[str] | None = None,
        views: int | Sequence[str] = 1,
        group: ArrayLike | None = None,
        path: str | Path | None = None,
    ) -> None:
        truth = given.as_array(truth)
        self.name = str(name)
        self.views = given.names_of("view", views)
        self.truth: NDArray
        self.classes: tuple[str, ...] = ()
        self.outputs: tuple[str, ...] = ()
        self._class_values: tuple[Any, ...] = ()
        if classes is not None or truth.dtype.kind in "USOb":
            self._set_classes(truth, given.class_values(truth, classes))
        else:
            self.truth, self.outputs = given.numbers(truth, outputs)
        n_items = len(self.truth)
        self.item: NDArray = given.one_each("item_ids", np.arange(n_items) if item_ids is None else item_ids, n_items)
        if len(np.unique(self.item)) < n_items:
            msg = "item_ids name an item twice; give each item an id of its own"
            raise InputError(msg)
        self.names: NDArray[np.str_] = given.one_each("names", self.item if names is None else names, n_items).astype(
            str
        )
        self.group: NDArray | None = None if group is None else given.one_each("group", group, n_items)
        self.phase_names: dict[int, str] = {}
        self._of_integers = truth.dtype.kind in "iu" and truth.ndim == 1
        self._epochs: list[NDArray[np.float32]] = []
        self._epoch: list[int] = []
        self._phase: list[int] = []
        self._current_phase = 0
        self._stacked: NDArray[np.float32] | None = None
        self.kept_about = ""  # what the folder's header says
        self.path = None if path is None else Path(path)
        if self.path is not None:
            from report_utils.dynamics.storage import new_folder

            new_folder(self.path)

    @classmethod
    def from_arrays(
        cls,
        predictions: ArrayLike,
        truth: ArrayLike,
        *,
        epoch: ArrayLike | None = None,
        phase: ArrayLike | None = None,
        phase_names: Mapping[int, str] | Sequence[str] = (),
        **options: Any,
    ) -> Recording:
        """Return a recording of what was predicted before.

        Parameters
        ----------
        predictions : (n_epochs, n_items), (n_epochs, n_items, n_views) or (n_epochs, n_items[, n_views], n_columns)
        truth : (n_items,) or (n_items, n_outputs)
        epoch : (n_epochs,) int, optional
            Ascending; 1, 2, ... by default, and 0 is the state before the training.
        phase : (n_epochs,) int, optional
            All epochs are of one phase by default.
        phase_names : mapping of phase to str, or sequence of str, optional
        **options
            As for :class:`Recording`. Views are counted where neither they nor classes or outputs are named.
        """
        predictions = given.as_array(predictions)
        one_number_each = given.as_array(truth).ndim == 1 and not {"views", "classes", "outputs"} & options.keys()
        if predictions.ndim == 3 and one_number_each:
            first = predictions[0] if len(predictions) else np.empty((0, 1))
            if not (given.as_array(truth).dtype.kind in "iuUSOb" and given.are_probabilities(first)):
                options["views"] = predictions.shape[2]
        recording = cls(truth, **options)
        n_epochs = len(predictions)
        epochs = given.one_each("epoch", np.arange(1, n_epochs + 1) if epoch is None else epoch, n_epochs)
        phases = given.one_each("phase", np.zeros(n_epochs, np.int64) if phase is None else phase, n_epochs)
        for one, number, of_phase in zip(predictions, epochs, phases, strict=True):
            recording.record(one, epoch=number, phase=of_phase)
        if not isinstance(phase_names, Mapping):
            phase_names = dict(zip(recording.phase_numbers.tolist(), phase_names, strict=False))
        recording.phase_names |= {int(number): str(text) for number, text in phase_names.items()}
        return recording

    def __repr__(self) -> str:
        name = f"{self.name}: " if self.name else ""
        return f"<Recording {name}{len(self._epochs)} epochs of {len(self.item)} items, {self.n_phases} phases>"

    def __len__(self) -> int:
        """Return the number of recorded epochs."""
        return len(self._epochs)

    def record(
        self,
        predictions: Any,
        *,
        epoch: int | None = None,
        phase: int | None = None,
        item_ids: ArrayLike | None = None,
        classes: ArrayLike | None = None,
    ) -> None:
        """Record what is predicted for all items after an epoch.

        Parameters
        ----------
        predictions : (n_items,), (n_items, n_views), (n_items[, n_views], n_columns)
            Arrays, tensors, lists or data frames; the columns are the outputs, or the probabilities of the classes.
            Of two classes the probability of the second is enough. Values that are not finite are kept, and shown.
        epoch : int, optional
            The number of epochs trained: 0 before the training. One more than the last by default.
        phase : int, optional
            As :meth:`begin_phase` has said by default.
        item_ids : (n_items,), optional
            Checked to be the same each time.
        classes : (n_classes,), optional
            The class of each column, where the model has an order of its own or does not know all classes.

        Raises
        ------
        InputError
            If the predictions do not fit the items, are no probabilities, or if epochs do not ascend.
        """
        if item_ids is not None and not np.array_equal(given.as_array(item_ids), self.item):
            msg = "the predictions are of other items, or in another order; predict the same items each time"
            raise InputError(msg)
        values = given.as_array(predictions)
        values = self._shaped(values if classes is None else self._in_order(values, given.as_array(classes)))
        number = (self._epoch[-1] + 1 if self._epoch else 1) if epoch is None else given.whole("epoch", epoch)
        if number < 0 or (self._epoch and number <= self._epoch[-1]):
            last = f" after epoch {self._epoch[-1]}" if self._epoch else ""
            msg = f"epoch {number} cannot be recorded{last}; epochs ascend from 0"
            raise InputError(msg)
        of_phase = self._current_phase if phase is None else given.whole("phase", phase)
        if self.path is not None:
            from report_utils.dynamics.storage import append_epoch

            append_epoch(self, values, number, of_phase)
        self._epochs.append(values)
        self._epoch.append(number)
        self._phase.append(of_phase)
        self._current_phase, self._stacked = of_phase, None

    def begin_phase(self, name: str = "", *, number: int | None = None) -> int:
        """Let the next epochs belong to a new phase, by default numbered one more than the last; return its number."""
        last = self._phase[-1] if self._phase else self._current_phase if self.phase_names else -1
        self._current_phase = last + 1 if number is None else given.whole("phase", number)
        if name:
            self.phase_names[self._current_phase] = str(name)
        return self._current_phase

    def _set_classes(self, truth: NDArray, classes: tuple[Any, ...]) -> None:
        self.truth = given.class_codes(truth, classes)
        self._class_values, self.classes = classes, tuple(str(each) for each in classes)

    def _in_order(self, values: NDArray, columns: NDArray) -> NDArray:
        """Return probabilities of all classes in the recording's order, 0 for classes that the model does not know."""
        if not self.classes and not self._epochs:
            self._set_classes(self.truth.astype(np.int64), tuple(columns.tolist()))
        place = {value: number for number, value in enumerate(self._class_values)}
        place |= {text: number for number, text in enumerate(self.classes)}
        if not place.keys() & set(columns.tolist()):  # like the truth, columns may be places among the classes
            place = {number: number for number in range(len(self.classes))}
        found = [place.get(value) for value in columns.tolist()]
        if values.ndim != 2 or len(found) != values.shape[1] or None in found:
            named = ", ".join(self.classes)
            msg = f"the predictions of shape {values.shape} are not of the recording's classes: {named}"
            raise InputError(msg)
        ordered = np.zeros((len(values), len(self.classes)), np.float32)
        ordered[:, found] = values
        return ordered

    def _shaped(self, values: NDArray) -> NDArray[np.float32]:
        try:
            values = values.astype(np.float32)
        except (TypeError, ValueError) as error:
            msg = f"the predictions are {values.dtype}, not numbers; record what the model predicts for each item"
            raise InputError(msg) from error
        n_items, n_views = len(self.item), len(self.views)
        if values.ndim == 0 or len(values) != n_items:
            msg = (
                f"the predictions have the shape {values.shape}, and {n_items} items are recorded; predict all items "
                "each time, in the same order"
            )
            raise InputError(msg)
        is_first = not self.classes and not self._epochs
        if is_first and self._of_integers and n_views == 1 and given.are_probabilities(values):
            self._set_classes(self.truth.astype(np.int64), tuple(range(values.shape[1])))
        if len(self.classes) == 2:
            values = given.both_classes(values, n_items, n_views)
        wanted = (n_items, n_views, *([len(self.columns)] if self.columns else []))
        if values.shape not in {wanted, tuple(n for i, n in enumerate(wanted) if i != 1 or n > 1)}:
            axes = " x ".join(f"{n} {axis}" for n, axis in zip(wanted, ("items", "views", "columns"), strict=False))
            msg = (
                f"the predictions have the shape {values.shape}, and {axes} are recorded; say what the columns are "
                "when the recording is made: views=, classes= or outputs="
            )
            raise InputError(msg)
        values = values.reshape(wanted)
        if self.classes:
            given.require_probabilities(values)
        return values

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the names of the last axis of the predictions: of classes, or of several outputs."""
        return self.classes or self.outputs

    @property
    def dims(self) -> tuple[str, ...]:
        """Return the names of the axes of :attr:`predictions`."""
        return ("epoch", "item", "view", *(["class"] if self.classes else ["output"] if self.outputs else []))

    @property
    def predictions(self) -> NDArray[np.float32]:
        """Return ``(n_epochs, n_items, n_views)`` predictions, with one more axis for classes or several outputs."""
        if self._stacked is None:
            shape = (0, len(self.item), len(self.views), *([len(self.columns)] if self.columns else []))
            self._stacked = np.stack(self._epochs) if self._epochs else np.empty(shape, np.float32)
        return self._stacked

    @property
    def epoch(self) -> NDArray[np.int64]:
        """Return how many epochs had been trained at each recorded one, ``(n_epochs,)``."""
        return np.array(self._epoch, dtype=np.int64)

    @property
    def phase(self) -> NDArray[np.int64]:
        """Return the phase of each epoch, ``(n_epochs,)``."""
        return np.array(self._phase, dtype=np.int64)

    @property
    def phase_ends(self) -> NDArray[np.int64]:
        """Return the place of the last epoch of each phase, ``(n_phases,)``; a phase ends where its number changes."""
        phase = self.phase
        return np.append(np.flatnonzero(phase[1:] != phase[:-1]), len(phase) - 1) if len(phase) else phase

    @property
    def phase_numbers(self) -> NDArray[np.int64]:
        """Return the number of each phase, ``(n_phases,)``."""
        return self.phase[self.phase_ends]

    @property
    def n_phases(self) -> int:
        """Return the number of phases."""
        return len(self.phase_ends)

    @property
    def phase_titles(self) -> list[str]:
        """Return what to call each phase."""
        if self.n_phases == 1 and not self.phase_names:
            return ["all epochs"]
        numbers = self.phase_numbers.tolist()
        return [self.phase_names.get(one, f"phase {place}") for place, one in enumerate(numbers, start=1)]

    @property
    def residuals(self) -> NDArray[np.float64]:
        """Return prediction minus truth in the shape of :attr:`predictions`, in the unit of the truth."""
        if self.classes:
            msg = "classes have no residuals; ask for values(), or for what is right"
            raise InputError(msg)
        return self.predictions - np.expand_dims(self.truth, (0, 2))

    @property
    def scatter(self) -> NDArray[np.float64]:
        """Return the standard deviation of all residuals after each epoch, ``(n_epochs,)``."""
        self.require_one_output()
        return self.residuals.reshape(len(self.phase), -1).std(axis=1)

    def values(self, show: Literal["margin", "probability"] = "margin") -> NDArray[np.float64]:
        """Return one number for each epoch and item, ``(n_epochs, n_items)``: what the picture shows, of view 0.

        Of a classifier it is the probability of the true class, or by how much that exceeds the probability of the
        likeliest other class, which is positive where the item is right.
        """
        self.require_one_output()
        chosen = self.predictions[:, :, 0].astype(np.float64)
        if not self.classes:
            return chosen
        true = np.take_along_axis(chosen, self.truth[None, :, None], axis=2)[..., 0]
        if show == "probability":
            return true
        np.put_along_axis(chosen, np.broadcast_to(self.truth[None, :, None], (*true.shape, 1)), -np.inf, axis=2)
        return true - chosen.max(axis=2)

    def output(self, which: str | int) -> Recording:
        """Return the recording of one of several outputs."""
        place = self.outputs.index(which) if which in self.outputs else which
        if not self.outputs or not isinstance(place, (int, np.integer)) or not 0 <= place < len(self.outputs):
            msg = f"there is no output {which!r}; there are {', '.join(self.outputs) or 'no named outputs'}"
            raise InputError(msg)
        return Recording.from_arrays(
            self.predictions[..., place],
            self.truth[:, place],
            epoch=self.epoch,
            phase=self.phase,
            phase_names=self.phase_names,
            item_ids=self.item,
            names=self.names.tolist(),
            name=f"{self.name}: {self.outputs[place]}" if self.name else self.outputs[place],
            views=self.views,
            group=self.group,
        )

    def require_one_output(self) -> None:
        """Refuse a recording of several outputs where one is needed."""
        if self.outputs:
            msg = f"{len(self.outputs)} outputs were recorded; choose one with recording.output({self.outputs[0]!r})"
            raise InputError(msg)

    def require_finite(self) -> None:
        """Refuse a recording with predictions that are not finite numbers, or without epochs."""
        if not len(self):
            msg = f"{self.name or 'the recording'} has no epochs; record some first"
            raise InputError(msg)
        bad = np.argwhere(~np.isfinite(self.predictions).reshape(*self.predictions.shape[:2], -1).all(axis=2))
        if len(bad):
            epoch, item = bad[0]
            msg = (
                f"{self.name or 'the recording'} holds predictions that are not finite numbers (epoch "
                f"{self.epoch[epoch]}, item {printable(self.names[item])}); leave those epochs out"
            )
            raise InputError(msg)

    def viewer(self, *others: Recording, **options: Any) -> Widget:
        """Return the picture to explore, as :func:`report_utils.dynamics.dynamics_viewer` does."""
        from report_utils.dynamics.viewer import dynamics_viewer

        return dynamics_viewer(self, *others, **options)

    def save_html(self, path: str | Path, *others: Recording, **options: Any) -> None:
        """Write the picture to explore as one file, which needs neither a server nor a network."""
        self.viewer(*others, **options).save(path)

    def save(self, path: str | Path) -> None:
        """Write the recording: NumPy's ``.npz``, or ``.parquet`` with a row for each epoch, item and view."""
        from report_utils.dynamics.storage import save_recording

        save_recording(self, Path(path))

    def to_frame(self) -> pd.DataFrame:
        """Return a data frame with a row for each epoch, item and view.

        Its columns are ``epoch``, ``phase``, ``item``, ``view``, ``truth`` and ``prediction``; several outputs and the
        probabilities of classes have a ``truth: ...`` or ``prediction: ...`` of their own.
        """
        import pandas as pd

        n_views, names = len(self.views), [f"prediction: {name}" for name in self.columns] or ["prediction"]
        index = pd.MultiIndex.from_product([self.epoch, self.item, self.views], names=["epoch", "item", "view"])
        frame = pd.DataFrame(self.predictions.reshape(len(index), -1), index, names).reset_index()
        frame.insert(1, "phase", np.repeat(self.phase, len(self.item) * n_views))
        truth = self._labels()
        columns = {f"truth: {name}": truth[:, i] for i, name in enumerate(self.outputs)} or {"truth": truth}
        for place, (name, values) in enumerate(columns.items(), start=4):
            frame.insert(place, name, np.tile(np.repeat(values, n_views), len(self)))
        return frame

    def to_xarray(self) -> Any:
        """Return an ``xarray.Dataset`` with ``prediction`` and ``truth``; xarray is needed."""
        try:
            import xarray as xr
        except ImportError as error:
            msg = "xarray is not installed: pip install xarray"
            raise InputError(msg) from error

        column = self.dims[3:]
        coordinates = {
            "epoch": self.epoch,
            "phase": ("epoch", self.phase),
            "item": self.item,
            "item_name": ("item", self.names),
            "view": list(self.views),
            **({column[0]: list(self.columns)} if column else {}),
        }
        of_item = ("item", *column) if self.outputs else ("item",)
        data = {"prediction": (self.dims, self.predictions), "truth": (of_item, self._labels())}
        return xr.Dataset(data, coordinates, {"name": self.name})

    def _labels(self) -> NDArray:
        """Return the truth, of a classifier by name."""
        return np.array(self.classes)[self.truth] if self.classes else self.truth
