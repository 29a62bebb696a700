"""What all models have in common."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Settings(BaseModel):
    """What all settings have in common: camelCase keys, nothing unknown, nothing changed after reading."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)
