/**
 * Settings: config/appsettings.<environment>.json, overridden by environment variables whose `__` stands for
 * a level (`ConnectionStrings__Default`), as the service's settings always worked.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** `#{NAME}#`: a placeholder that the pipeline of the EC2 era was to replace before the build. */
const placeholder = /^#\{.*\}#$/;

export function readConfig(folder, env) {
  const environment = env.ASPNETCORE_ENVIRONMENT || 'Production';
  const path = join(folder, 'config', `appsettings.${environment}.json`);
  const file = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  const setting = (name) => {
    const given = env[name] || name.split('__').reduce((level, key) => level?.[key], file);
    return typeof given === 'string' && placeholder.test(given) ? undefined : given;
  };
  const database = setting('ConnectionStrings__Default');
  const jwtKey = setting('JwtSettings__SecretKey');
  const adminKey = setting('AdminVerificationKey');
  const port = Number(env.PORT || setting('Port') || 5000);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`The port must be a whole number from 0 to 65535; "${env.PORT}" is not.`);
  }
  return {
    environment,
    port,
    version: env.IPS_VERSION || 'dev',
    databaseConfigured: Boolean(database),
    jwtKeyConfigured: Boolean(jwtKey),
    secrets: [database, jwtKey, adminKey].filter((value) => typeof value === 'string' && value !== ''),
    drainTimeoutMs: Number(setting('DrainTimeoutSeconds') || 25) * 1000,
  };
}
