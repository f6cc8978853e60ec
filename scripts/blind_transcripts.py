"""Write ten shuffled transcripts without names, and who may have spoken, for a reader to tell the voices apart.

python scripts/blind_transcripts.py FOLDER        # then read FOLDER, and only afterwards FOLDER/key.json
"""

from __future__ import annotations

import json
import random
import re
import sys
from pathlib import Path

from rehearse.domain.library import load_bot_lines, shipped_library
from rehearse.domain.persona import Difficulty
from rehearse.domain.state import Ending
from rehearse.domain.transcript import Speaker
from rehearse.perception.encoder import shared_encoder
from rehearse.simulation.bots import Bot, BotKind
from rehearse.simulation.engine import Engine


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    library, rng = shipped_library(), random.Random(23)
    chosen = rng.sample(library.personas, 10)
    key = {}
    for number, persona in enumerate(chosen, 1):
        scenario = rng.choice(persona.scenarios)
        engine = Engine.cast(library, shared_encoder(), scenario, persona.id, Difficulty.NORMAL, rng.randrange(1000))
        bot = Bot(rng.choice((BotKind.SKILLED, BotKind.AVERAGE)), load_bot_lines(), engine.setting, rng.randrange(1000))
        snapshot = engine.start()
        while snapshot.ending is Ending.OPEN and snapshot.turn < 8:
            snapshot = engine.respond(snapshot, bot.speak(snapshot))
        lines = [f"{'A' if t.speaker is Speaker.LEARNER else 'B'}: {t.text}" for t in snapshot.transcript.turns]
        told = "\n".join(lines)
        for word in persona.name.split():
            told = re.sub(rf"\b{word}\b", "—", told)
        (folder / f"talk-{number}.txt").write_text(told + "\n", encoding="utf-8")
        key[f"talk-{number}"] = persona.id
    who = [{"id": p.id, "role": p.role, "bio": p.bio, "manner": p.manner} for p in library.personas]
    (folder / "who.json").write_text(json.dumps(who, indent=1, ensure_ascii=False), encoding="utf-8")
    (folder / "key.json").write_text(json.dumps(key, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
