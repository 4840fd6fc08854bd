// The official client's responses: whole, streamed by its helper, continued, looked up; and chats that answer with images.
import OpenAI, { AzureOpenAI } from "openai";
import { base, editor, ofBase64, prompt, root, say } from "./shared.mjs";

const client = new OpenAI({ baseURL: base, apiKey: "anything", maxRetries: 0 });
const tools = [{ type: "image_generation", model: editor, size: "1024x1024", quality: "low" }];
const image = (response) => ofBase64(response.output.find((item) => item.type === "image_generation_call").result);
const out = {};

const first = await client.responses.create({ model: "gpt-5", input: prompt, tools });
out.made = image(first);

const stream = client.responses.stream({ model: "gpt-5", input: prompt, tools: [{ ...tools[0], partial_images: 1 }] });
out.events = [];
stream.on("event", (event) => out.events.push(event.type.replace("response.", "")));
out.streamed = image(await stream.finalResponse());

const next = await client.responses.create({ model: "gpt-5", input: "A hat", tools, previous_response_id: first.id });
out.action = next.output[0].action;
out.kept = image(await client.responses.retrieve(next.id));
out.items = [];
for await (const item of client.responses.inputItems.list(next.id, { order: "asc" })) out.items.push(item.type);
await client.responses.delete(next.id);
try {
  await client.responses.retrieve(next.id);
} catch (error) {
  out.gone = { name: error.constructor.name, status: error.status };
}

const azure = new AzureOpenAI({ endpoint: root, apiKey: "anything", apiVersion: "2025-04-01-preview", maxRetries: 0 });
out.azure = image(await azure.responses.create({ model: "gpt-5", input: prompt, tools }));

const url = (part) => ofBase64(part.image_url.url.split(",")[1]);
const asked = { model: editor, messages: [{ role: "user", content: prompt }], modalities: ["image", "text"] };
out.chat = url((await client.chat.completions.create(asked)).choices[0].message.images[0]);
for await (const chunk of await client.chat.completions.create({ ...asked, stream: true })) {
  const images = chunk.choices[0]?.delta.images;
  if (images) out.delta = url(images[0]);
}
say(out);
