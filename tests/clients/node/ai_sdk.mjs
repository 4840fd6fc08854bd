// Vercel's AI SDK: its OpenAI provider and its generic one.
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateImage } from "ai";
import { base, digest, editor, image, mask, model, prompt, say } from "./shared.mjs";

const openai = createOpenAI({ baseURL: base, apiKey: "anything" });
const generic = createOpenAICompatible({ name: "pochoir", baseURL: base, apiKey: "anything" });
const size = "1024x1024";
const out = {};
const sums = (result) => result.images.map((item) => digest(item.uint8Array));

out.made = sums(await generateImage({ model: openai.image(model), prompt, size, n: 2, maxRetries: 0 }));
out.own = (await generateImage({ model: openai.image("pochoir-sketch"), prompt, size: "256x256", maxRetries: 0 })).images.length;
out.edited = sums(
  await generateImage({
    model: openai.image(editor),
    prompt: { text: prompt, images: [image, image], mask },
    size,
    maxRetries: 0,
  }),
);
out.generic = sums(await generateImage({ model: generic.imageModel(model), prompt, size, maxRetries: 0 }));
try {
  await generateImage({ model: openai.image(model), prompt, size: "7x7", maxRetries: 0 });
} catch (error) {
  out.refused = { status: error.statusCode, message: error.message };
}
say(out);
