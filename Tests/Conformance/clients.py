"""Every client dialect of the matrix, in the order of its tables."""

from clients_anthropic import AnthropicClient
from clients_bedrock import BedrockClient
from clients_google import GeminiClient
from clients_ollama import OllamaClient
from clients_openai import ChatClient, ResponsesClient

ALL = (ChatClient, ResponsesClient, AnthropicClient, GeminiClient, BedrockClient, OllamaClient)
