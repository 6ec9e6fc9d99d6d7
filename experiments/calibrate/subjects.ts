/** Finds out what calibration files are, by their first line, and runs the calibration that belongs to them. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { GPUS } from '../../sim/hardware/gpu-catalogue.ts';
import { MODELS } from '../../sim/hardware/model-catalogue.ts';
import { profileTableKind, type ProfileTables } from '../../sim/hardware/profile-tables.ts';
import { calibrateAttention } from './attention-calibration.ts';
import { isAttentionPerf } from './attention-perf.ts';
import type { Calibration, CalibrationSettings } from './calibration.ts';
import { csvHeader } from './csv-records.ts';
import { calibrateDistServe } from './distserve-calibration.ts';
import { calibrateProfile } from './profile-calibration.ts';
import type { ProfileSubject } from './profile-calibration.ts';
import { isSplitwise } from './splitwise.ts';
import { calibrateSplitwise } from './splitwise-calibration.ts';
import { calibrateVidur } from './vidur-calibration.ts';
import { isVidurOperators } from './vidur-operators.ts';

const KNOWN = 'a Splitwise perf_model CSV, a Vidur mlp CSV, an aiconfigurator attention CSV, a DistServe profiler JSON, or a profile of dense, per_sequence and attention CSVs';
/** Longest table name first: each file of a profile is its label and one of these. */
const TABLE_SUFFIX = /[_-]?(per_sequence|attention|dense)\.csv$/;

/** Calibrations for a file, or for all known files of a folder. @throws RangeError where nothing is recognised. */
export function calibratePath(path: string, settings: CalibrationSettings): Calibration[] {
  const folder = statSync(path).isDirectory();
  const files = folder ? readdirSync(path).sort().map((name) => join(path, name)) : [path];
  const found: Calibration[] = [];
  const profiles = new Set<string>();
  for (const file of files) {
    if (!/\.(csv|json)$/.test(file) || !statSync(file).isFile()) continue;
    const text = readFileSync(file, 'utf8');
    const kind = file.endsWith('.csv') ? profileTableKind(text.slice(0, text.indexOf('\n') + 1)) : undefined;
    if (kind === undefined) {
      const calibration = calibrateText(basename(file), text, settings);
      if (calibration !== undefined) found.push(calibration);
      continue;
    }
    const label = basename(file).replace(TABLE_SUFFIX, '');
    if (profiles.has(label)) continue;
    profiles.add(label);
    found.push(calibrateProfile(profileSubject(dirname(file), label, settings), settings));
  }
  if (found.length === 0) throw new RangeError(`${path}: nothing to calibrate from; expected ${KNOWN}`);
  return found;
}

function calibrateText(name: string, text: string, settings: CalibrationSettings): Calibration | undefined {
  if (name.endsWith('.json')) return calibrateDistServe(name, text);
  const header = csvHeader(text);
  if (isSplitwise(header)) return calibrateSplitwise(name, text);
  if (isVidurOperators(header)) return calibrateVidur(name, text, settings);
  if (isAttentionPerf(header)) return calibrateAttention(name, text, settings);
  throw new RangeError(`${name}: unknown columns ${header.slice(0, 6).join(', ')} …; expected ${KNOWN}`);
}

/** The one set of measured grids in a folder. @throws RangeError where there is none, or more than one. */
export function profileOfFolder(folder: string, settings: { readonly gpu: string; readonly model: string; readonly tensorParallel: number }): ProfileSubject {
  const labels = readdirSync(folder)
    .filter((name) => name.endsWith('.csv') && profileTableKind(readFileSync(join(folder, name), 'utf8').split('\n', 1)[0]) !== undefined)
    .map((name) => name.replace(TABLE_SUFFIX, ''));
  const distinct = [...new Set(labels)];
  if (distinct.length !== 1) {
    throw new RangeError(`${folder}: ${distinct.length === 0 ? 'no measured grids' : `several profiles (${distinct.join(', ')})`}; expected the dense, per_sequence and attention CSVs of one profile`);
  }
  return profileSubject(folder, distinct[0], settings);
}

function profileSubject(folder: string, label: string, settings: Pick<CalibrationSettings, 'gpu' | 'model' | 'tensorParallel'>): ProfileSubject {
  const names = readdirSync(folder).filter((name) => name.replace(TABLE_SUFFIX, '') === label && name.endsWith('.csv'));
  const texts: Partial<Record<keyof ProfileTables, { name: string; text: string }>> = {};
  for (const name of names) {
    const text = readFileSync(join(folder, name), 'utf8');
    const kind = profileTableKind(text.slice(0, text.indexOf('\n') + 1));
    if (kind !== undefined) texts[kind] = { name, text };
  }
  const { dense, perSequence, attention } = texts;
  if (dense === undefined || perSequence === undefined || attention === undefined) {
    throw new RangeError(`${join(folder, label)}: a profile needs the three files dense, per_sequence and attention; found ${names.join(', ')}`);
  }
  return {
    label: label === '' ? basename(folder) : label,
    texts: { dense, perSequence, attention },
    gpu: settings.gpu ?? named('GPU', '--gpu', label, Object.keys(GPUS)),
    model: settings.model ?? named('model', '--model', label, Object.keys(MODELS)),
    tensorParallel: settings.tensorParallel ?? Number(/tp(\d+)/i.exec(label)?.[1] ?? '1'),
  };
}

/** The catalogue name that occurs in a file name, punctuation aside. */
function named(kind: string, flag: string, label: string, names: readonly string[]): string {
  const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '');
  const found = names.filter((name) => plain(label).includes(plain(name)));
  // The longest name wins: A100-80GB over A100.
  const best = found.sort((a, b) => b.length - a.length)[0] as string | undefined;
  if (best === undefined) throw new RangeError(`${label}: the name does not say which ${kind} was measured: give ${flag} (one of ${names.join(', ')})`);
  return best;
}
