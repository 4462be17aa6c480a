/** Logging in to the account's registry. */
import type { AwsCaller } from './caller.ts';

export interface EcrLogin {
  /** `https://123456789012.dkr.ecr.ap-south-1.amazonaws.com` */
  readonly endpoint: string;
  readonly username: string;
  /** Valid for 12 hours. Mask it before anything else is done with it. */
  readonly password: string;
}

/** The token is base64 of `user:password`. */
export async function readEcrLogin(aws: AwsCaller, signal?: AbortSignal): Promise<EcrLogin> {
  const { authorizationData = [] } = await aws.call('ecr:GetAuthorizationToken', {}, signal);
  const [data] = authorizationData;
  const decoded = Buffer.from(data?.authorizationToken ?? '', 'base64').toString('utf8');
  const at = decoded.indexOf(':');
  if (data?.proxyEndpoint === undefined || at < 1) {
    throw new Error('ecr:GetAuthorizationToken answered without a token or an endpoint.');
  }
  return { endpoint: data.proxyEndpoint, username: decoded.slice(0, at), password: decoded.slice(at + 1) };
}
