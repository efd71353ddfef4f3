#!/usr/bin/env python3
"""Prints where the catalogue and a second data set give other prices for the same thing.

    python3 scripts/catalogue/compare.py [--wheels DIR]

Every line is a question to the publisher's own page; the answer belongs into corrections.json.
"""

import argparse
from pathlib import Path

import catalogue
import others
import sources
from records import Record, number

# genai-prices' providers by our kinds; those whose prices come from it anyway are left out.
PROVIDERS = {
    "anthropic": "anthropic",
    "openai": "openai",
    "google": "gemini",
    "mistral": "mistral",
    "deepseek": "deepseek",
    "x-ai": "xai",
    "groq": "groq",
    "cerebras": "cerebras",
    "cohere": "cohere",
    "perplexity": "perplexity",
    "together": "together",
    "fireworks": "fireworks",
    "aws": "bedrock",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wheels", type=Path, help="a folder that holds or gets the downloaded packages")
    arguments = parser.parse_args()
    records = {
        (record.kind, name.lower()): record
        for record in catalogue.build(arguments.wheels)
        for name in [record.id, *record.aliases]
    }
    same = 0
    for provider in sources.load(arguments.wheels)[1]:
        for entry in provider["models"] if provider["id"] in PROVIDERS else []:
            kind = PROVIDERS[provider["id"]]
            ours = records.get((kind, entry["id"].lower()))
            if ours is None:
                continue
            theirs = Record(kind, entry["id"])
            others.set_prices(theirs, entry["prices"], catalogue.TODAY)
            for band, meters in theirs.prices.items():
                for meter, price in meters.items():
                    our = ours.prices.get(band, {}).get(meter)
                    if our == price:
                        same += 1
                    elif our is not None:
                        print(f"{kind}/{entry['id']} {meter} {band}: {number(meter, our)}, there {number(meter, price)}")
    print(f"{same} prices agree")


if __name__ == "__main__":
    main()
