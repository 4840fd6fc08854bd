// What every script needs: the address under test, an image to send, and one line of JSON to answer with.
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";

export const base = process.env.POCHOIR_BASE;
export const root = base.replace(/\/v1$/, "");
export const prompt = "A fox in the snow";
export const model = process.env.POCHOIR_MODEL ?? "gpt-image-2";
export const editor = "gpt-image-1-mini";
export const image = Buffer.from(process.env.POCHOIR_IMAGE, "base64");
export const mask = Buffer.from(process.env.POCHOIR_MASK, "base64");

export const digest = (data) => createHash("sha256").update(data).digest("hex");
export const ofBase64 = (text) => digest(Buffer.from(text, "base64"));
export const say = (data) => console.log(JSON.stringify(data));
