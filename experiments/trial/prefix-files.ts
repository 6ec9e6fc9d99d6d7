/** Shared texts read from files: contexts of a LongBench-style file, or the few-shot examples of MMLU. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { longBenchItems } from '../../workloads/corpora/longbench.ts';
import { mmluItems, mmluSubject } from '../../workloads/corpora/mmlu.ts';
import type { SharedPrefixPrompts } from '../../workloads/shared-prefix.ts';
import { InputError } from '../../workloads/text/input-error.ts';
import { longBenchPrompts } from '../../workloads/trace-generators/long-context.ts';
import { mmluPrompts } from '../../workloads/trace-generators/mmlu-like.ts';
import type { MmluSubject } from '../../workloads/trace-generators/mmlu-like.ts';
import type { ResolvedConfig } from '../config/trial-fields.ts';
import { readLines } from '../files/read-lines.ts';

export type PrefixConfig = Extract<ResolvedConfig['workload'], { kind: 'prefix' }>;

/** Files that the source stands for, in order. @throws Error of the file system where there is none */
export function prefixFiles({ source }: PrefixConfig): string[] {
  if (!statSync(source).isDirectory()) return [source];
  return ['dev', 'test'].flatMap((folder) => readdirSync(join(source, folder)).filter((name) => name.endsWith('.csv')).sort().map((name) => join(source, folder, name)));
}

/** @throws InputError on the first malformed line */
export function readPrefixes(workload: PrefixConfig): SharedPrefixPrompts {
  const { source, zipf, outputTokens, blockTokens, headTokens } = workload;
  const options = { zipf, outputTokens, blockTokens, headTokens };
  if (!statSync(source).isDirectory()) return longBenchPrompts(longBenchItems(readLines(source), source), { ...options, reuse: 'prefix' });
  return mmluPrompts(readSubjects(workload), options);
}

function readSubjects(workload: PrefixConfig): MmluSubject[] {
  const read = new Map(prefixFiles(workload).map((file) => [file, [...mmluItems(readLines(file), file)]]));
  const subjects: MmluSubject[] = [];
  for (const [file, examples] of read) {
    if (!file.startsWith(join(workload.source, 'dev'))) continue;
    const subject = mmluSubject(file);
    const questions = read.get(join(workload.source, 'test', `${subject}_test.csv`));
    if (questions === undefined) throw new InputError(file, 1, `no ${subject}_test.csv in the test folder beside it`);
    subjects.push({ subject, examples, questions });
  }
  if (subjects.length === 0) throw new InputError(workload.source, 1, 'the dev folder has no CSV file');
  return subjects;
}
