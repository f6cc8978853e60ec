"""How the model is run: whoever reads seldom must not keep processors busy in between."""

from __future__ import annotations

from rehearse.perception.encoder import Encoder


def test_threads_rest_between_two_readings(encoder: Encoder) -> None:
    settings = encoder._session.get_session_options()
    assert settings.get_session_config_entry("session.intra_op.allow_spinning") == "0"
