/** Whether each of the things can be used that the service cannot work without. */
export abstract class ServiceStatus {
  abstract services(): Promise<Readonly<Record<string, 'up' | 'down'>>>;
}
