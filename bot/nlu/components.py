"""The components of Rasa's pipeline (config.yml): intents, entities and names.

Rasa trains and persists them; what they know lives in the modules beside this one.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import joblib
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.classifiers.fallback_classifier import FallbackClassifier
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.core import numbers_in_words
from bot.core.answers import FLOW_AT, FLOWS, main_intent
from bot.nlu import speed
from bot.nlu.entities import Entity, EntityFinder, without_values
from bot.nlu.intents import IntentModel
from bot.nlu.names import NameFinder, introduced
from bot.settings import settings
from knowledge_base.encoder import load_encoder

LOOKUPS = Path(__file__).resolve().parents[2] / "data" / "lookups"
speed.apply()

# How much of the ranking is handed on; the tail says nothing.
RANKING_LENGTH = 10
Type = DefaultV1Recipe.ComponentType


@DefaultV1Recipe.register(Type.INTENT_CLASSIFIER, is_trainable=True)
class ClinicIntents(GraphComponent, IntentClassifier):
    """Sets `intent`, `intent_ranking`, `label_ranking` with the sections of `faq` apart, `parts`.

    `parts` is what each sentence of a longer message asks for by itself.
    """

    def __init__(
        self, storage: ModelStorage, resource: Resource, model: IntentModel | None
    ) -> None:
        self._storage = storage
        self._resource = resource
        self._model = model
        self._finder = EntityFinder(LOOKUPS)
        self._encoder = load_encoder(settings().encoder)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],  # noqa: ARG003
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,  # noqa: ARG003
    ) -> ClinicIntents:
        """A component to be trained."""
        return cls(model_storage, resource, None)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:  # noqa: ARG003
        """What it is trained with beside the messages: Rasa's cache must not outlive it."""
        # What the finder refuses is written in the core, and decides what becomes a placeholder.
        files = [*sorted(Path(__file__).parent.glob("*.py")), Path(numbers_in_words.__file__)]
        sources = [file.read_bytes() for file in files]
        return f"{load_encoder(settings().encoder).name} {sha256(b''.join(sources)).hexdigest()}"

    @classmethod
    def load(
        cls,
        config: dict[str, Any],  # noqa: ARG003
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,  # noqa: ARG003
        **kwargs: Any,  # noqa: ARG003
    ) -> ClinicIntents:
        """The component as it was trained."""
        with model_storage.read_from(resource) as folder:
            component = cls(model_storage, resource, joblib.load(folder / "intents.joblib"))
        component._require_same_encoder()
        return component

    def _require_same_encoder(self) -> None:
        fitted = self._model.encoder_name if self._model else ""
        if fitted != self._encoder.name:
            # Vectors of another encoder would be taken for its own, and nothing be understood.
            raise RuntimeError(
                f"the model was trained with the encoder {fitted}, and {self._encoder.name} is "
                "set now; train again: python -m bot train"
            )

    def train(self, training_data: TrainingData) -> Resource:
        """Fits the model and keeps it."""
        examples = training_data.intent_examples
        self._model = IntentModel.fit(
            [plain(self._finder, example.get(TEXT)) for example in examples],
            [example.get_full_intent() for example in examples],
            self._encoder,
        )
        with self._storage.write_to(self._resource) as folder:
            joblib.dump(self._model, folder / "intents.joblib", compress=3)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Ranks the intents of each message, likeliest first."""
        if self._model is None:
            raise RuntimeError("the intent classifier was asked before it was trained")
        for message in messages:
            text = plain(self._finder, message.get(TEXT) or "")
            understood = self._model.understand(text, self._encoder)
            intents: dict[str, float] = {}
            for label, confidence in understood.ranking:
                # As sure as its surest label: many sections a little likely are no question.
                intents.setdefault(main_intent(label), confidence)
            ranking = [{"name": name, "confidence": value} for name, value in intents.items()]
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking[:RANKING_LENGTH], add_to_output=True)
            message.set(
                "label_ranking",
                [{"name": n, "confidence": c} for n, c in understood.ranking[:RANKING_LENGTH]],
                add_to_output=True,
            )
            message.set(
                "parts",
                [{"name": n, "confidence": c} for n, c in understood.sentences],
                add_to_output=True,
            )
        return messages


@DefaultV1Recipe.register(Type.INTENT_CLASSIFIER, is_trainable=False)
class ClearIntents(FallbackClassifier):
    """Rasa's fallback where no intent is clear; one that begins a flow must be clearer still."""

    def _nlu_confidence_below_threshold(self, message: Message) -> tuple[bool, float]:
        is_below, confidence = super()._nlu_confidence_below_threshold(message)
        is_flow = message.get(INTENT)["name"] in FLOWS
        return is_below or (is_flow and confidence < FLOW_AT), confidence


@DefaultV1Recipe.register(Type.ENTITY_EXTRACTOR, is_trainable=False)
class ClinicEntities(GraphComponent, EntityExtractorMixin):
    """Sets the entities that rules and lookup lists find, and the speaker's name."""

    def __init__(self) -> None:
        self._finder = EntityFinder(LOOKUPS)
        self._names = NameFinder()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],  # noqa: ARG003
        model_storage: ModelStorage,  # noqa: ARG003
        resource: Resource,  # noqa: ARG003
        execution_context: ExecutionContext,  # noqa: ARG003
    ) -> ClinicEntities:
        """A component with its model loaded: Rasa makes one to understand with, none to train."""
        component = cls()
        component._names.warm()
        return component

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds the entities, in the order of the text."""
        for message in messages:
            text = message.get(TEXT) or ""
            entities = self._finder.find(text)
            name = self._names.find(text)
            # "Oscar Pro" looks like a person to the model; what a list holds is no name.
            if name and not any(e.start < name[2] and name[1] < e.end for e in entities):
                entities.append(Entity("person_name", *name))
            found = [
                {
                    "entity": entity.name,
                    "value": entity.value,
                    "start": entity.start,
                    "end": entity.end,
                    "extractor": type(self).__name__,
                }
                for entity in entities
            ]
            message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages


def plain(finder: EntityFinder, text: str) -> str:
    """The text as the classifier takes it, in training as in use: values become placeholders."""
    found = finder.find(text)
    name = introduced(text)
    if name and name[0].istitle():
        found.append(Entity("person_name", *name))
    return without_values(text, found)
