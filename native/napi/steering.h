// The steering part as JavaScript calls it.
#pragma once
#include <napi.h>

namespace rxb {

void ExportSteer(Napi::Env env, Napi::Object exports);
void ExportDoor(Napi::Env env, Napi::Object exports);
void ExportBroker(Napi::Env env, Napi::Object exports);
void ExportNic(Napi::Env env, Napi::Object exports);

}  // namespace rxb
