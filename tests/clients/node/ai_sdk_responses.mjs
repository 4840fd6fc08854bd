// Vercel's AI SDK: the hosted image tool by its OpenAI provider, which speaks the responses API; whole and streamed.
import { createOpenAI } from "@ai-sdk/openai";
import { generateText, streamText } from "ai";
import { base, editor, image, ofBase64, prompt, say } from "./shared.mjs";

const openai = createOpenAI({ baseURL: base, apiKey: "anything" });
const tools = { image_generation: openai.tools.imageGeneration({ model: editor, size: "1024x1024", quality: "low" }) };
const model = openai("gpt-5");
const sum = (results) => ofBase64(results.find((item) => item.toolName === "image_generation").output.result);
const out = {};

const made = await generateText({ model, prompt, tools, maxRetries: 0 });
out.made = sum(made.staticToolResults);

const again = [
  { role: "user", content: prompt },
  ...made.response.messages,
  { role: "user", content: "Now a hat" },
];
out.continued = sum((await generateText({ model, messages: again, tools, maxRetries: 0 })).staticToolResults);

const content = [
  { type: "text", text: "By night" },
  { type: "image", image, mediaType: "image/png" },
];
out.sent = sum((await generateText({ model, messages: [{ role: "user", content }], tools, maxRetries: 0 })).staticToolResults);

const streamed = streamText({ model, prompt, tools, maxRetries: 0 });
for await (const part of streamed.fullStream) {
  if (part.type === "error") throw part.error;
  if (part.type === "tool-result" && !part.preliminary) out.streamed = ofBase64(part.output.result);
}
say(out);
