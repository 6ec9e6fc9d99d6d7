/** Prompts that begin with one of a set of known texts and end with a question of their own, cut into KV blocks. */
import type { RandomStream } from '../sim/kernel/random-stream.ts';
import { RandomStreams } from '../sim/kernel/random-streams.ts';
import { Zipf } from '../sim/kernel/zipf.ts';
import type { ContextUnit } from '../sim/serving/request.ts';
import { turnStream } from './prompt-source.ts';
import type { Prompt, Prompts, PromptSource, Turn } from './prompt-source.ts';
import { tokenCount } from './token-count.ts';
import type { TokenCount, TokenCountSpec } from './token-count.ts';
import type { UnitCatalogue } from './workload.ts';

/** The shared texts, and what is asked after them. */
export interface SharedPrefixOptions {
  readonly name: string;
  /** Lengths of the shared texts, in tokens. */
  readonly prefixTokens: readonly number[];
  /** A text before all of them that every prompt shares. Default 0: none. */
  readonly headTokens?: number;
  /** Zipf exponent of the popularity of the texts; 0 is uniform. Which text is the popular one is random. */
  readonly zipf: number;
  readonly questionTokens: TokenCountSpec;
  readonly outputTokens: TokenCountSpec;
  readonly blockTokens: number;
  /**
   * `prefix`: only full blocks of the shared text can be reused; the block that holds its end and the start of the question
   * is the question's own. `chunk`: the text is cut into chunks each reusable alone, its shorter last one too.
   */
  readonly reuse: 'chunk' | 'prefix';
  /** Tags sessions with tenants of Zipf-distributed size. */
  readonly tenants?: { readonly count: number; readonly zipf: number };
  /**
   * Share of prompts that a further tenant sends to find out what the others have asked: each begins with a text it has not probed yet, drawn uniformly,
   * and asks for one token. Default 0.
   */
  readonly probes?: number;
}

/** Where the units of one shared text stand among all ids. */
interface Layout {
  readonly units: readonly ContextUnit[];
  /** Tokens of head and text outside the units. */
  readonly restTokens: number;
}

/** Each turn: one shared text, drawn by popularity, then a question that is never the same. */
export class SharedPrefixPrompts implements PromptSource {
  readonly name: string;
  readonly catalogue: UnitCatalogue;
  readonly #options: SharedPrefixOptions;
  readonly #layouts: readonly Layout[];
  readonly #popularity: Zipf;
  readonly #tenants: Zipf | undefined;
  readonly #question: TokenCount;
  readonly #output: TokenCount;

  /** @throws RangeError on an impossible option, naming it. */
  constructor(options: SharedPrefixOptions) {
    const { prefixTokens, headTokens = 0, blockTokens, tenants } = options;
    if (prefixTokens.length === 0) throw new RangeError('prefixTokens is empty: expected at least one shared text');
    [...prefixTokens, headTokens].forEach((tokens) => {
      if (!(Number.isInteger(tokens) && tokens >= 0)) throw new RangeError(`length of a shared text is ${tokens}: expected a whole number of at least 0`);
    });
    if (!(Number.isInteger(blockTokens) && blockTokens >= 1)) throw new RangeError(`block tokens is ${blockTokens}: expected a whole number of at least 1`);
    this.name = options.name;
    this.#options = options;
    const lengths: { tokens: number; document: number }[] = [];
    this.#layouts = layOut(options, lengths);
    this.#popularity = new Zipf(prefixTokens.length, options.zipf);
    this.#tenants = tenants === undefined ? undefined : new Zipf(tenants.count, tenants.zipf);
    this.#question = tokenCount('questionTokens', options.questionTokens);
    this.#output = tokenCount('outputTokens', options.outputTokens);
    this.catalogue = {
      size: lengths.length,
      tokens: (id) => checked(lengths, id).tokens,
      document: (id) => {
        const { document } = checked(lengths, id);
        return document < 0 ? undefined : document;
      },
    };
  }

  /** Every unit once, those of the most popular text first, in the order in which a prompt has them. */
  byPopularity(random: RandomStreams): Int32Array {
    const units = this.#textsByRank(random).flatMap((text) => this.#layouts[text].units.map(({ id }) => id));
    return Int32Array.from(new Set(units));
  }

  /** A stream of its own, so that asking twice gives the same order. */
  #textsByRank(random: RandomStreams): number[] {
    return new RandomStreams(random.seed).stream('workload/popularity').shuffle(Array.from({ length: this.#options.prefixTokens.length }, (_, text) => text));
  }

  open(random: RandomStreams): Prompts {
    const { reuse } = this.#options;
    const textAt = this.#textsByRank(random);
    const { probes = 0 } = this.#options;
    const unprobed = probes === 0 ? [] : new RandomStreams(random.seed).stream('workload/probes').shuffle(textAt.map((_, text) => text));
    return {
      next: (turn: Turn): Prompt => {
        if (probes > 0 && unprobed.length > 0 && turnStream(random, 'probe', turn).bernoulli(probes)) return this.#probe(unprobed.pop()!, turnStream(random, 'question', turn));
        const text = textAt[this.#popularity.sample(turnStream(random, 'prefix', turn))];
        const { units, restTokens } = this.#layouts[text];
        const tenant = this.#tenants?.sample(turnStream(random, 'tenant', { session: turn.session, turn: 0 }));
        return {
          units,
          reuse,
          suffixTokens: restTokens + this.#question.sample(turnStream(random, 'question', turn)),
          outputTokens: this.#output.sample(turnStream(random, 'output', turn)),
          ...(tenant === undefined ? {} : { tenant }),
        };
      },
    };
  }

  #probe(text: number, question: RandomStream): Prompt {
    const { units, restTokens } = this.#layouts[text];
    return { units, reuse: this.#options.reuse, suffixTokens: restTokens + this.#question.sample(question), outputTokens: 1, tenant: this.#options.tenants?.count ?? 0 };
  }
}

function checked(lengths: readonly { tokens: number; document: number }[], id: number): { tokens: number; document: number } {
  if (!(Number.isInteger(id) && id >= 0 && id < lengths.length)) throw new RangeError(`unit ${id}: expected an id from 0 to ${lengths.length - 1}`);
  return lengths[id];
}

/** Numbers the units: first those of the head, then those of each text; records each one's length and text (−1: the head). */
function layOut(options: SharedPrefixOptions, lengths: { tokens: number; document: number }[]): Layout[] {
  const { prefixTokens, headTokens = 0, blockTokens, reuse } = options;
  const cut = (tokens: number, document: number): ContextUnit[] => {
    const units: ContextUnit[] = [];
    for (let left = tokens; left > 0; left -= blockTokens) {
      const unitTokens = Math.min(blockTokens, left);
      units.push(document < 0 ? { id: lengths.length, tokens: unitTokens } : { id: lengths.length, tokens: unitTokens, document });
      lengths.push({ tokens: unitTokens, document });
    }
    return units;
  };
  if (reuse === 'chunk') {
    const head = cut(headTokens, -1);
    return prefixTokens.map((tokens, text) => ({ units: [...head, ...cut(tokens, text)], restTokens: 0 }));
  }
  // By prefix, the block with the seam between head and text belongs to the text.
  const head = cut(Math.floor(headTokens / blockTokens) * blockTokens, -1);
  return prefixTokens.map((tokens, text) => {
    const all = headTokens + tokens;
    const full = Math.floor(all / blockTokens) * blockTokens;
    return { units: [...head, ...cut(full - head.length * blockTokens, text)], restTokens: all - full };
  });
}
