// The benchmark's module: what each of its files exports to JavaScript, and how it reaches the addon.
#pragma once
#include <napi.h>

#include "../core/core_table.h"

namespace rxb {

// The addon's functions; null until JavaScript has attached the module to it.
const CoreTable *TheCore();

void ExportCore(Napi::Env env, Napi::Object exports);
void ExportCLoop(Napi::Env env, Napi::Object exports);
void ExportXdpDrop(Napi::Env env, Napi::Object exports);
void ExportStamp(Napi::Env env, Napi::Object exports);
void ExportFlowLoop(Napi::Env env, Napi::Object exports);
void ExportUdp(Napi::Env env, Napi::Object exports);

}  // namespace rxb
