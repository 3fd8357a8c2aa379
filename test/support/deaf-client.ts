import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/**
 * A filter of one instruction, "take nothing", on the client's own socket: the kernel drops whatever comes before
 * TCP sees it, so that nothing is acknowledged, as of a host that has lost its power. Node.js cannot set the option
 * (SO_ATTACH_FILTER); Perl is part of every Debian.
 */
const PROGRAM = String.raw`
use strict; use Socket; $| = 1;
my ($port, $request) = @ARGV;
socket(my $socket, PF_INET, SOCK_STREAM, 0) or die $!;
connect($socket, sockaddr_in($port, inet_aton('127.0.0.1'))) or die $!;
syswrite($socket, $request);
my $answer = ''; 1 while sysread($socket, $answer, 4096, length $answer) && $answer !~ /\n\n/;
my $takeNothing = pack('SCCL', 6, 0, 0, 0);
setsockopt($socket, SOL_SOCKET, 26, pack('S x![P] P', 1, $takeNothing)) or die $!;
print "deaf\n";
<STDIN>;
`;

/** A client that sends a request, reads the beginning of its answer up to an empty line, and then vanishes without a word. */
export class DeafClient {
  private constructor(private readonly child: ChildProcess) {}

  /** Resolves once it has vanished. */
  static async start(port: number, request: string): Promise<DeafClient> {
    const child = spawn('perl', ['-e', PROGRAM, String(port), request]);
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    await Promise.race([
      once(child.stdout, 'data'),
      once(child, 'exit').then(() => Promise.reject(new Error(`perl: ${errors}`))),
    ]);
    return new DeafClient(child);
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }
}
