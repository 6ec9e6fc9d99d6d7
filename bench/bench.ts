/** A subject of measurement: one file `bench/<name>.bench.ts` exports one as `bench`. */
export interface Bench {
  /** What `npm run bench -- <name>` is given. */
  readonly name: string;
  /** One line: what is measured and in what unit. */
  readonly describe: string;
  /** Measures and prints; `args` is what followed the name on the command line. */
  run(args: string[]): Promise<void>;
}
