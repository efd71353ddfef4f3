"""LangChain and pydantic-ai on top of the SDKs: each of their four chat models, through the gateway, on every provider.

    python Tests/Conformance/frameworks.py --turnpike BINARY

Run with an interpreter that has `requirements-frameworks.txt`. `turnpike simulate` plays the providers; the exit status is 1
where a case fails."""

from __future__ import annotations

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parents[1] / "examples" / "provider-switching"))

from switch import PROVIDERS, Run  # noqa: E402

CASES = ("langchain-openai", "langchain-anthropic", "langchain-google", "langchain-aws",
         "pydantic-openai", "pydantic-anthropic", "pydantic-google", "pydantic-bedrock")  # fmt: skip
CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"


def langchain_model(name: str):
    if name == "openai":
        from langchain_openai import ChatOpenAI

        return ChatOpenAI(model="gpt-4o-mini")
    if name == "anthropic":
        from langchain_anthropic import ChatAnthropic

        return ChatAnthropic(model="claude-sonnet-5", base_url=os.environ["ANTHROPIC_BASE_URL"], max_tokens=500)
    if name == "google":
        from langchain_google_genai import ChatGoogleGenerativeAI

        return ChatGoogleGenerativeAI(model="gemini-2.5-flash", base_url=os.environ["GOOGLE_GEMINI_BASE_URL"], google_api_key=os.environ["GEMINI_API_KEY"])
    from langchain_aws import ChatBedrockConverse

    return ChatBedrockConverse(model=CLAUDE, region_name="us-east-1", endpoint_url=os.environ["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"])


def langchain_case(name: str) -> None:
    import pydantic
    from langchain_core.messages import HumanMessage, ToolMessage
    from langchain_core.tools import tool

    @tool
    def get_weather(city: str) -> str:
        """Tells the weather in a city."""
        return "sunny, 21 °C"

    class Person(pydantic.BaseModel):
        name: str
        age: int

    model = langchain_model(name)
    assert "".join(chunk.text for chunk in model.stream("Tell me a story."))
    bound = model.bind_tools([get_weather])
    question = HumanMessage("What is the weather in Zürich?")
    asked = bound.invoke([question])
    assert asked.tool_calls, f"no call: {asked}"
    results = [ToolMessage(get_weather.invoke(call["args"]), tool_call_id=call["id"]) for call in asked.tool_calls]
    told = bound.invoke([question, asked, *results])
    assert "sunny" in told.text, told
    assert told.usage_metadata["total_tokens"] > 0
    ada = model.with_structured_output(Person).invoke("Ada is 36 years old.")
    assert isinstance(ada, Person), ada


def pydantic_model(name: str):
    if name == "openai":
        return "openai-chat:gpt-4o-mini"
    if name == "anthropic":
        return "anthropic:claude-sonnet-5"
    if name == "google":
        from pydantic_ai.models.google import GoogleModel
        from pydantic_ai.providers.google import GoogleProvider

        return GoogleModel("gemini-2.5-flash", provider=GoogleProvider(api_key=os.environ["GEMINI_API_KEY"], base_url=os.environ["GOOGLE_GEMINI_BASE_URL"]))
    return f"bedrock:{CLAUDE}"


def pydantic_case(name: str) -> None:
    import pydantic
    from pydantic_ai import Agent

    class Person(pydantic.BaseModel):
        name: str
        age: int

    asked: list[str] = []
    agent = Agent(pydantic_model(name))

    @agent.tool_plain
    def get_weather(city: str) -> str:
        """Tells the weather in a city."""
        asked.append(city)
        return "sunny, 21 °C"

    told = agent.run_sync("What is the weather in Zürich?")
    assert asked and "sunny" in told.output, told
    with Agent(pydantic_model(name)).run_stream_sync("Tell me a story.") as stream:
        assert "".join(stream.stream_text(delta=True))
    assert isinstance(Agent(pydantic_model(name), output_type=Person).run_sync("Ada is 36 years old.").output, Person)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turnpike")
    parser.add_argument("--case", choices=CASES, help="run one case here, in the environment as it is")
    asked = parser.parse_args()
    if asked.case:
        kind, _, name = asked.case.partition("-")
        {"langchain": langchain_case, "pydantic": pydantic_case}[kind](name)
        return 0
    failed = 0
    with tempfile.TemporaryDirectory(prefix="frameworks-") as folder:
        run = Run(str(pathlib.Path(asked.turnpike).resolve()), pathlib.Path(folder))
        try:
            for provider, target in PROVIDERS.items():
                environment = run.serve(target) | {"AWS_DEFAULT_REGION": "us-east-1"}
                for case in CASES:
                    done = subprocess.run([sys.executable, __file__, "--case", case], env=environment, capture_output=True, text=True, timeout=120)
                    failed += done.returncode != 0
                    print(f"{'works' if done.returncode == 0 else 'FAILS'}  {case} on {provider}")
                    if done.returncode:
                        print(done.stderr[-1200:])
        finally:
            run.stop()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
