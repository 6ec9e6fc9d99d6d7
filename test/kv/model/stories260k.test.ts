/** The public 260 k-parameter TinyStories checkpoint against what others compute with it. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generate, greedy } from '../../../kv/model/generate.ts';
import { KvCache } from '../../../kv/model/kv-cache.ts';
import { readLlama2cCheckpoint, writeLlama2cCheckpoint } from '../../../kv/model/llama2c-checkpoint.ts';
import { readLlama2cTokenizer } from '../../../kv/model/llama2c-tokenizer.ts';
import { Transformer } from '../../../kv/model/transformer.ts';
import { scoreTokens } from '../../../kv/quality/token-scores.ts';

const folder = resolve(import.meta.dirname, '../../../../shared/data/weights');
const files = ['stories260K.bin', 'tok512.bin'].map((name) => resolve(folder, name));
const missing = files.filter((file) => !existsSync(file));
const skipped = missing.length > 0 ? ` (skipped: ../shared/data/weights lacks ${missing.map((file) => file.slice(folder.length + 1)).join(', ')})` : '';

describe.skipIf(missing.length > 0)(`stories260K${skipped}`, () => {
  const load = () => {
    const bytes = readFileSync(files[0]);
    const { config, weights } = readLlama2cCheckpoint(bytes, 'stories260K.bin');
    return { bytes, model: new Transformer(config, weights), tokenizer: readLlama2cTokenizer(readFileSync(files[1]), config.vocab, 'tok512.bin') };
  };

  it('generates greedily what the reference implementation does', () => {
    const { model, tokenizer } = load();
    const tokens = generate(model, new KvCache(model.config, 201), [1], 200, greedy);
    // karpathy/llama2.c, test_all.py of the published checkpoint: expected_stdout.
    const expected =
      'Once upon a time, there was a little girl named Lily. She loved to play outside in the park. One day, she saw a big, red ball. She wanted to play with it, but it was too high.\n' +
        'Lily\'s mom said, "Lily, let\'s go to the park." Lily was sad and didn\'t know what to do. She said, "I want to play with your ball, but I can\'t find it."\n' +
        "Lily was sad and didn't know what to do. She said, \"I'm sorry, Lily. I didn't know what to do.\"\nLily didn't want to help her mom, so she";
    expect(tokenizer.decode([1, ...tokens]).slice(0, expected.length)).toBe(expected);
  });

  it('has the perplexity of an independent computation', () => {
    const { model, tokenizer } = load();
    const text =
      'Tom and his dog Max went to the beach. The sun was hot and the water was cold. Max found a shiny shell in the sand and gave it to Tom. ' +
      '"Thank you, Max!" said Tom. They ran home to show the shell to Mom. Mom smiled and put the shell on the table. That night, Tom dreamed of the sea, ' +
      'and Max slept at his feet. The next day a little crab came out of the shell. "Hello," said the crab. "This is my house." Tom was surprised, ' +
      'but he was kind. He took the crab back to the beach and waved goodbye.';
    const tokens = tokenizer.encode(text, true);
    expect(tokens).toHaveLength(240);
    expect(tokenizer.decode(tokens)).toBe(text);
    const logits = model.forward(new KvCache(model.config, 240), { tokens });
    const { negativeLogLikelihood } = scoreTokens(logits.subarray(0, 239 * 512), tokens.slice(1), 512);
    // numpy in binary64, from the checkpoint file and these tokens: 4.119255393423309.
    expect(Math.abs(Math.exp(negativeLogLikelihood / 239) - 4.119255393423309)).toBeLessThan(1e-3);
    // And far closer than asked: binary32 sums.
    expect(Math.abs(negativeLogLikelihood - 338.3457077290169)).toBeLessThan(5e-3);
  });

  it('is written back byte for byte, but for the tables that nobody reads', () => {
    const { bytes, model } = load();
    const written = writeLlama2cCheckpoint(model.config, model.weights);
    expect(written.byteLength).toBe(bytes.byteLength);
    const tables = 4 * model.config.maxTokens * model.config.headDim;
    expect(Buffer.compare(written.subarray(0, -tables), bytes.subarray(0, -tables))).toBe(0);
  });
});
