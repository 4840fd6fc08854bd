"""LangChain's chat model with the hosted image tool: invoked, continued with its own messages, streamed."""

from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI
from shared import BASE, EDITOR, PROMPT, of_base64, say

tool = {"type": "image_generation", "model": EDITOR, "size": "1024x1024", "quality": "low"}
model = ChatOpenAI(model="gpt-5", base_url=BASE, api_key="anything", use_responses_api=True, max_retries=0)
model = model.bind_tools([tool])


def image(message):
    [found] = [block for block in message.content if block["type"] == "image_generation_call"]
    return of_base64(found["result"])


first = model.invoke(PROMPT)
second = model.invoke([HumanMessage(PROMPT), first, HumanMessage("Now a hat")])
whole = None
for chunk in model.stream(PROMPT):
    whole = chunk if whole is None else whole + chunk
say({"made": image(first), "continued": image(second), "streamed": image(whole)})
