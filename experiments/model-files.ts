/** Models from disk: llama2.c checkpoints and Hugging Face folders, with their tokenizers. */
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { ByteSource } from '../kv/model/byte-source.ts';
import { loadHuggingFaceModel } from '../kv/model/hugging-face-model.ts';
import { readHuggingFaceTokenizer } from '../kv/model/hugging-face-tokenizer.ts';
import { readLlama2cCheckpoint } from '../kv/model/llama2c-checkpoint.ts';
import type { LoadedModel } from '../kv/model/llama2c-checkpoint.ts';
import { readLlama2cTokenizer } from '../kv/model/llama2c-tokenizer.ts';
import { checkTokenizerFits } from '../kv/model/tokenizer.ts';
import type { Tokenizer } from '../kv/model/tokenizer.ts';

/** Largest file read whole: configs, tokenizers, llama2.c checkpoints. Sharded safetensors are read piece by piece. */
const MAX_WHOLE_BYTES = 2_000_000_000;

/** Tokens that mark where texts begin and end. */
export interface TextMarks {
  readonly bos: number;
  readonly ends: readonly number[];
}

/** Loads the model of a `.bin` checkpoint or of a folder with config.json and safetensors files. Throws Error naming the file and what is wrong. */
export function loadModel(path: string): LoadedModel {
  if (!existsSync(path)) throw new Error(`${path}: no such file or folder`);
  if (!statSync(path).isDirectory()) return readLlama2cCheckpoint(readWhole(path), path);
  const configPath = join(path, 'config.json');
  if (!existsSync(configPath)) throw new Error(`${path}: no config.json in it; expected a Hugging Face model folder or a llama2.c .bin file`);
  const files = readdirSync(path).filter((name) => name.endsWith('.safetensors')).sort();
  if (files.length === 0) throw new Error(`${path}: no .safetensors file in it (weights in other formats are not read)`);
  const sources = files.map((name) => openSource(join(path, name)));
  try {
    return loadHuggingFaceModel(readJson(configPath), configPath, sources);
  } finally {
    for (const source of sources) source.close();
  }
}

/** Where the tokenizer of these weights is expected. */
export function tokenizerPath(weights: string): string {
  if (statSync(weights).isDirectory()) return join(weights, 'tokenizer.json');
  return join(dirname(weights), `${basename(weights, '.bin')}.tokenizer.json`);
}

/** Loads a tokenizer.json or a llama2.c tokenizer file, and checks that it can belong to a model of this vocabulary. */
export function loadTokenizer(path: string, modelVocab: number): Tokenizer {
  if (!existsSync(path)) throw new Error(`${path}: no such tokenizer file; name one with --tokenizer`);
  const tokenizer = path.endsWith('.json') ? readHuggingFaceTokenizer(readJson(path), path) : readLlama2cTokenizer(readWhole(path), modelVocab, path);
  checkTokenizerFits(tokenizer, modelVocab, path);
  return tokenizer;
}

/** Tokens that begin and end texts: from the folder's config.json, or 1 and {1, 2}, the constants of llama2.c. */
export function textMarks(weights: string, tokenizer: Tokenizer): TextMarks {
  if (!statSync(weights).isDirectory()) return { bos: tokenizer.bos ?? 1, ends: [1, 2] };
  const config = readJson(join(weights, 'config.json')) as Record<string, unknown>;
  const ends = [config['eos_token_id']].flat().filter((id): id is number => typeof id === 'number');
  const bos = typeof config['bos_token_id'] === 'number' ? config['bos_token_id'] : tokenizer.bos;
  if (bos === undefined) throw new Error(`${weights}: neither config.json nor the tokenizer names a token that begins a text`);
  return { bos, ends };
}

function readWhole(path: string): Uint8Array {
  const { size } = statSync(path);
  if (size > MAX_WHOLE_BYTES) throw new Error(`${path}: ${size} bytes; at most ${MAX_WHOLE_BYTES} are read at once`);
  return readFileSync(path);
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(Buffer.from(readWhole(path)).toString('utf8')) as unknown;
  } catch (error) {
    throw new Error(`${path}: not JSON: ${(error as Error).message}`);
  }
}

/** A file read piece by piece. */
function openSource(path: string): ByteSource & { close(): void } {
  const file = openSync(path, 'r');
  const sizeBytes = fstatSync(file).size;
  return {
    name: path,
    sizeBytes,
    read(offset, length) {
      if (!(offset >= 0 && length >= 0 && offset + length <= sizeBytes)) throw new RangeError(`${path}: ${length} bytes at ${offset} lie outside its ${sizeBytes}`);
      const bytes = new Uint8Array(length);
      let done = 0;
      while (done < length) {
        const read = readSync(file, bytes, done, length - done, offset + done);
        if (read === 0) throw new Error(`${path}: ends at ${offset + done}, while it was being read`);
        done += read;
      }
      return bytes;
    },
    close() {
      closeSync(file);
    },
  };
}
