import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Sources that must give the same bytes everywhere and run in a browser worker as they are. */
const CORE = ['sim/**/*.ts', 'kv/**/*.ts', 'protocols/**/*.ts', 'workloads/**/*.ts'];

const power = 'Math.pow and ** differ in their last bits between V8 versions; multiply, or use exp(k·log x).';
const clock = 'The core never reads the wall clock: simulated time is simulator.now.';

export default tseslint.config(
  { ignores: ['node_modules/', 'results/', 'coverage/', '**/*.cjs', 'eslint.config.js'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      // Array and typed-array reads are checked by the invariants around them, not by `!` on each line.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/prefer-for-of': 'off',
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    files: CORE,
    rules: {
      'no-restricted-imports': ['error', { patterns: [{ group: ['node:*'], message: 'The core runs in a browser worker: no node: modules.' }] }],
      'no-restricted-globals': [
        'error',
        { name: 'setTimeout', message: clock },
        { name: 'setInterval', message: clock },
        { name: 'setImmediate', message: clock },
        { name: 'queueMicrotask', message: clock },
        { name: 'performance', message: clock },
        { name: 'Date', message: clock },
        { name: 'process', message: 'The core runs in a browser worker: no process.' },
        { name: 'Buffer', message: 'The core runs in a browser worker: use Uint8Array.' },
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Draw from a named RandomStream.' },
        { object: 'Math', property: 'pow', message: power },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: "BinaryExpression[operator='**']", message: power },
        { selector: "AssignmentExpression[operator='**=']", message: power },
      ],
    },
  },
  { files: ['experiments/**/*.ts', 'reports/**/*.ts', 'bench/**/*.ts', 'test/**/*.ts'], rules: { 'no-console': 'off' } },
);
