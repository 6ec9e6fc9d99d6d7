/** One sequence to learn from. */

/** Tokens with free positions and visibility, and the tokens to be predicted. */
export interface TrainingExample {
  readonly tokens: Int32Array;
  readonly positions: Int32Array;
  /** n × n: non-zero where token i may attend to token j. Each token must see at least itself. */
  readonly mask: Uint8Array;
  /** Token that should follow each one; −1 where nothing is asked. */
  readonly targets: Int32Array;
}

/** Throws RangeError where the arrays do not fit together or a token lies outside the vocabulary. */
export function checkExample(example: TrainingExample, vocab: number): void {
  const count = example.tokens.length;
  if (example.positions.length !== count || example.targets.length !== count || example.mask.length !== count * count) {
    throw new RangeError(
      `example of ${count} tokens has ${example.positions.length} positions, ${example.targets.length} targets and a mask of ${example.mask.length}; expected ${count}, ${count} and ${count * count}`,
    );
  }
  for (let i = 0; i < count; i++) {
    const token = example.tokens[i];
    const target = example.targets[i];
    if (token < 0 || token >= vocab) throw new RangeError(`token ${i} is ${token}; expected from 0 to ${vocab - 1}`);
    if (target < -1 || target >= vocab) throw new RangeError(`target ${i} is ${target}; expected from −1 to ${vocab - 1}`);
    if (example.mask[i * count + i] === 0) throw new RangeError(`token ${i} may not attend to itself; expected every token to see at least itself`);
  }
}

/** Number of tokens to be predicted. */
export function targetCount(examples: readonly TrainingExample[]): number {
  let count = 0;
  for (const { targets } of examples) for (const target of targets) if (target >= 0) count++;
  return count;
}
