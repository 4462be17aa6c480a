// `npm run docs`: the input and output tables of the action READMEs, from each action.yml, and the IAM
// policies of docs/iam, from what each action calls. `--check` changes nothing and fails where one is stale.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateActionMarkdownDocs } from 'action-docs';
import { callsAws, operationsOf, policyOf } from './iam/policies.ts';
import {
  actionsOf,
  isReusable,
  partsOf,
  policyTemplate,
  roleTemplate,
  workflowPolicy,
} from './iam/templates.ts';
import { root } from './node24.mjs';

process.chdir(root);
const check = process.argv.includes('--check');
let stale = 0;
for (const name of readdirSync(join(root, 'actions'))) {
  const readme = join('actions', name, 'README.md');
  const before = readFileSync(readme, 'utf8');
  await generateActionMarkdownDocs({
    sourceFile: join('actions', name, 'action.yml'),
    updateReadme: true,
    readmeFile: readme,
    tocLevel: 2,
    lineBreaks: 'LF',
  });
  const after = readFileSync(readme, 'utf8');
  if (before === after) continue;
  stale++;
  console.log(`${readme}${check ? ' is not what its action.yml says: run "npm run docs"' : ' written'}`);
  if (check) writeFileSync(readme, before);
}
const write = (path, text) => {
  const formatted = path.endsWith('.json') ? format(path, text) : text;
  if (existsSync(path) && readFileSync(path, 'utf8') === formatted) return;
  stale++;
  console.log(`${path}${check ? ' is not what is called: run "npm run docs"' : ' written'}`);
  if (!check) writeFileSync(path, formatted);
};
const format = (path, text) => {
  const run = spawnSync('node_modules/.bin/biome', ['format', `--stdin-file-path=${path}`], {
    input: text,
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(run.stderr);
  return run.stdout;
};
const policies = new Map();
for (const name of readdirSync(join(root, 'actions')).filter((each) => callsAws(root, each))) {
  const policy = await policyOf(name, await operationsOf(root, name));
  policies.set(name, policy);
  write(join('docs', 'iam', `${name}.json`), JSON.stringify(policy));
  write(join('docs', 'iam', `${name}.yml`), policyTemplate(name, policy));
}
mkdirSync(join('docs', 'iam', 'workflows'), { recursive: true });
const workflows = readdirSync('.github/workflows');
const parts = workflows.flatMap((file) => partsOf(readFileSync(join('.github/workflows', file), 'utf8')));
for (const file of workflows) {
  const name = file.replace(/\.yml$/, '');
  // A part has the role of the workflow that calls it; an action without a policy calls no AWS.
  if (!isReusable(root, name) || parts.includes(name)) continue;
  const actions = actionsOf(root, name).filter((each) => policies.has(each));
  if (actions.length === 0) continue;
  const policy = workflowPolicy(
    name,
    actions.map((each) => policies.get(each)),
  );
  write(join('docs', 'iam', 'workflows', `${name}.json`), JSON.stringify(policy));
  write(join('docs', 'iam', 'workflows', `${name}.yml`), roleTemplate(name, policy));
}
process.exit(check && stale > 0 ? 1 : 0);
