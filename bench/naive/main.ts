import 'reflect-metadata';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  Body,
  Controller,
  Injectable,
  Module,
  Post,
  UseGuards,
  ValidationPipe,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import { ExpressAdapter } from '@nestjs/platform-express';
import { IsDateString, IsNotEmpty, IsNumber, IsString } from 'class-validator';
import { passportJwtSecret } from 'jwks-rsa';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { parseArgs } from 'node:util';

/**
 * The obvious implementation, as a reference: Nest on Express, class-validator, passport-jwt with a
 * cached JWKS, one PutItemCommand per request over the SDK's kept-alive connections.
 */
const { values: options } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    dynamodb: { type: 'string', default: '' },
    jwks: { type: 'string', default: '' },
    issuer: { type: 'string', default: '' },
  },
});

class ReadingDto {
  @IsString()
  @IsNotEmpty()
  equipmentId!: string;

  @IsDateString()
  timestamp!: string;

  @IsNumber()
  value!: number;
}

@Injectable()
class JwtStrategy extends PassportStrategy(Strategy) {
  constructor() {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKeyProvider: passportJwtSecret({
        jwksUri: options.jwks,
        cache: true,
        rateLimit: true,
        jwksRequestsPerMinute: 5,
      }),
      issuer: options.issuer,
      algorithms: ['RS256'],
    });
  }

  validate(claims: { readonly sub: string; readonly scope: string }) {
    return { subject: claims.sub, scope: claims.scope };
  }
}

@Injectable()
class ReadingsService {
  private readonly client = new DynamoDBClient({
    region: 'eu-central-1',
    endpoint: options.dynamodb,
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  });

  async create(reading: ReadingDto) {
    const registerTime = new Date().toISOString();
    await this.client.send(
      new PutItemCommand({
        TableName: 'readings',
        Item: {
          equipmentId: { S: reading.equipmentId },
          timestamp: { S: new Date(reading.timestamp).toISOString() },
          value: { N: String(reading.value) },
          registerTime: { S: registerTime },
        },
      }),
    );
    const { equipmentId, timestamp, value } = reading;
    return { equipmentId, timestamp, value, registerTime };
  }
}

@Controller('sensor-data')
class ReadingsController {
  constructor(private readonly readings: ReadingsService) {}

  @Post()
  @UseGuards(AuthGuard('jwt'))
  create(@Body() reading: ReadingDto) {
    return this.readings.create(reading);
  }
}

@Module({
  imports: [PassportModule],
  controllers: [ReadingsController],
  providers: [ReadingsService, JwtStrategy],
})
class NaiveModule {}

const app = await NestFactory.create(NaiveModule, new ExpressAdapter(), {
  logger: ['error', 'warn'],
});
app.useGlobalPipes(new ValidationPipe({ whitelist: true, transform: true }));
await app.listen(Number(options.port), '127.0.0.1');
