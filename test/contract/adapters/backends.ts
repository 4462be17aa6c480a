/** Where the adapters' contract suite runs: our lab, and moto_server, which we did not write. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { startStandingLab } from '../../support/standing-lab.ts';

export interface Backend {
  readonly environment: Readonly<Record<string, string>>;
  readonly subnets: readonly string[];
  readonly vpcId: string;
  readonly securityGroups: readonly string[];
  stop(): Promise<void>;
}

export async function labBackend(): Promise<Backend> {
  const lab = await startStandingLab();
  return {
    environment: lab.variables,
    subnets: ['subnet-0a000000000000001', 'subnet-0b000000000000002'],
    vpcId: 'vpc-0ab1c2d3e4f500001',
    securityGroups: ['sg-0a1b000000000002'],
    stop: () => lab.stop(),
  };
}

export async function motoBackend(): Promise<Backend> {
  const port = await freePort();
  const child = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  for (let attempt = 0; ; attempt++) {
    const up = await fetch(`${url}/moto-api/`).then(
      () => true,
      () => false,
    );
    if (up) break;
    if (attempt > 150 || child.exitCode !== null) throw new Error('moto_server did not come up.');
    await sleep(200);
  }
  const subnets = await describeEc2(url, 'DescribeSubnets', 'subnetId');
  const vpcs = await describeEc2(url, 'DescribeSubnets', 'vpcId');
  const securityGroups = await describeEc2(url, 'DescribeSecurityGroups', 'groupId');
  return {
    environment: {
      AWS_ENDPOINT_URL: url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'testing',
      AWS_SECRET_ACCESS_KEY: 'testing',
    },
    subnets: subnets.slice(0, 2),
    vpcId: vpcs[0]!,
    securityGroups: securityGroups.slice(0, 1),
    stop: () => stop(child),
  };
}

/** EC2's API is not one of the kit's: these requests are written by hand (moto checks no signature). */
async function describeEc2(url: string, action: string, element: string): Promise<readonly string[]> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      authorization:
        'AWS4-HMAC-SHA256 Credential=testing/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0',
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: `Action=${action}&Version=2016-11-15`,
  });
  const found = (await response.text()).matchAll(new RegExp(`<${element}>(.*?)</${element}>`, 'g'));
  return [...found].map((match) => match[1]!);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}
