/** What differs between kinds of study: the keys of a trial, what they must agree on, and how a trial is made shorter. */
import type { z } from 'zod';
import type { StudyKindName } from '../system-names.ts';
import { STUDY_KIND_NAMES } from '../system-names.ts';
import { checkOverlayStudy } from './check-overlay-study.ts';
import { checkTrial } from './check-trial.ts';
import type { Origin } from './complain.ts';
import { ConfigError } from './config-error.ts';
import type { Fields, Resolved } from './field.ts';
import { fieldsSchema } from './field.ts';
import type { HumanObject } from './human-value.ts';
import { nearest } from './nearest.ts';
import type { OverlayStudyConfig } from './overlay-study-fields.ts';
import { OVERLAY_STUDY_FIELDS } from './overlay-study-fields.ts';
import { studyFields } from './study-fields.ts';
import type { ResolvedConfig } from './trial-fields.ts';
import { TRIAL_FIELDS } from './trial-fields.ts';

/** The config of one trial, of whatever kind of study. */
export type TrialConfig = ResolvedConfig | OverlayStudyConfig;

export interface StudyKind {
  readonly name: StudyKindName;
  readonly studyFields: StudyFields;
  readonly trialFields: Fields;
  /** All keys that a config file of this kind may have. */
  readonly configFields: Fields;
  readonly studySchema: z.ZodType<Resolved<StudyFields>>;
  readonly trialSchema: z.ZodType<TrialConfig>;
  readonly configSchema: z.ZodType;
  /** @throws ConfigError where keys of a trial contradict each other */
  check(config: TrialConfig, origin: Origin, systems: readonly string[]): void;
}

type StudyFields = ReturnType<typeof studyFields>;

function makeKind(name: StudyKindName, trialFields: Fields, check: StudyKind['check']): StudyKind {
  const fields = studyFields(name);
  const configFields: Fields = { ...fields, ...trialFields };
  return {
    name,
    studyFields: fields,
    trialFields,
    configFields,
    studySchema: fieldsSchema(fields),
    trialSchema: fieldsSchema(trialFields) as unknown as z.ZodType<TrialConfig>,
    configSchema: fieldsSchema(configFields),
    check,
  };
}

export const STUDY_KINDS: Readonly<Record<StudyKindName, StudyKind>> = {
  serving: makeKind('serving', TRIAL_FIELDS, (config, origin, systems) => {
    checkTrial(config as ResolvedConfig, origin, systems);
  }),
  overlay: makeKind('overlay', OVERLAY_STUDY_FIELDS, (config, origin, systems) => {
    checkOverlayStudy(config as OverlayStudyConfig, origin, systems);
  }),
};

/**
 * The kind of study that a config file states; serving where it states none.
 * @throws ConfigError for another word than the name of a kind
 */
export function statedKind(written: HumanObject, origin: Origin): StudyKind {
  const stated = Object.hasOwn(written, 'study') ? written['study'] : 'serving';
  const name = STUDY_KIND_NAMES.find((each) => each === stated);
  if (name !== undefined) return STUDY_KINDS[name];
  throw new ConfigError({
    at: origin(['study']),
    path: 'study',
    value: stated,
    expected: `expected ${STUDY_KIND_NAMES.join(' or ')}`,
    nearest: typeof stated === 'string' ? nearest(stated, STUDY_KIND_NAMES) : undefined,
  });
}
