import { readdir } from 'node:fs/promises';
import type { Bench } from './bench.ts';

/** `npm run bench` and `--help` list the subjects; `npm run bench -- <name> [args]` measures one. */
async function main(args: readonly string[]): Promise<number> {
  const benches = await loadBenches();
  const [name, ...rest] = args;
  if (args.length === 0 || name === '--help' || name === '-h') {
    console.log('npm run bench -- <subject> [arguments]\n');
    const width = Math.max(...benches.map((bench) => bench.name.length));
    for (const bench of benches) console.log(`${bench.name.padEnd(width)}  ${bench.describe}`);
    return 0;
  }
  const bench = benches.find((candidate) => candidate.name === name);
  if (bench === undefined) {
    console.error(`no bench "${name}": expected one of ${benches.map((candidate) => candidate.name).join(', ')}`);
    return 2;
  }
  await bench.run(rest);
  return 0;
}

async function loadBenches(): Promise<Bench[]> {
  const folder = new URL('./', import.meta.url);
  const files = (await readdir(folder)).filter((file) => file.endsWith('.bench.ts')).sort();
  return Promise.all(
    files.map(async (file) => {
      const module = (await import(new URL(file, folder).href)) as { bench?: Bench };
      if (module.bench === undefined) throw new Error(`bench/${file} exports no "bench"`);
      return module.bench;
    }),
  );
}

process.exitCode = await main(process.argv.slice(2));
