// src/runner/configuration-error.ts
/** The user's side has to change something: not a defect, no stack trace. Raised before any side effect. */
var ConfigurationError = class extends Error {
	/** Stable, for documentation: `service-not-found`. */
	code;
	constructor(code, message) {
		super(message);
		this.name = "ConfigurationError";
		this.code = code;
	}
};
export { ConfigurationError };
