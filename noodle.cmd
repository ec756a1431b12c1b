@echo off
rem Runs Noodle from this source tree; builds it first when a source is newer than the build.
setlocal
set "root=%~dp0"
set "out=%root%artifacts\noodle"

where dotnet >nul 2>nul
if errorlevel 1 (
  echo noodle: the .NET SDK 10 is needed and dotnet is not on the PATH: https://dot.net/download 1>&2
  exit /b 1
)
if not exist "%out%" mkdir "%out%"

set /a waited=0
call :fresh
if not errorlevel 1 goto start

:wait
rem Only one process can hold this file open for writing: one build at a time.
8>&2 2>nul ( 9>"%out%\lock" call :build ) && goto start
if exist "%out%\failed" (
  type "%out%\build.log" 1>&2
  echo noodle: the build failed, its output is above and in %out%\build.log 1>&2
  exit /b 1
)
set /a waited+=1
if %waited% gtr 600 (
  echo noodle: another build holds %out%\lock for ten minutes; end it and start again 1>&2
  exit /b 1
)
ping -n 2 127.0.0.1 >nul
goto wait

:start
set /p app=<"%out%\current"
dotnet "%out%\%app%\Noodle.Cli.dll" %*
exit /b %errorlevel%

:fresh
if not exist "%out%\current" exit /b 1
powershell -NoProfile -Command "$t = (Get-Item $env:out\current).LastWriteTimeUtc; $d = 'primitives','noodlenet','nbc','ahr','node' | ForEach-Object { $env:root + $_ }; $n = Get-ChildItem $d -Recurse -File | Where-Object { $_.LastWriteTimeUtc -gt $t -and $_.FullName -notmatch '\\(bin|obj|tests|node_modules)\\' -and $_.Extension -ne '.md' } | Select-Object -First 1; if ($n) { exit 1 }"
exit /b %errorlevel%

:build
call :fresh
if not errorlevel 1 exit /b 0
del "%out%\failed" 2>nul
echo building Noodle, once, about a minute... 1>&8
set "app=app-%random%%random%"
echo %app%>"%out%\current.new"
dotnet restore "%root%node\Noodle.Cli\Noodle.Cli.csproj" --locked-mode --artifacts-path "%out%\restore" -v q --nologo >"%out%\build.log" 2>&1
if not errorlevel 1 dotnet publish "%root%node\Noodle.Cli\Noodle.Cli.csproj" -c Release --artifacts-path "%out%\build" -o "%out%\%app%" "-p:LockFolder=%out%\build\lock" -p:RunAnalyzers=false -p:EnforceCodeStyleInBuild=false -p:GenerateDocumentationFile=false --use-current-runtime --no-self-contained -v q --nologo >>"%out%\build.log" 2>&1
if errorlevel 1 (
  echo failed>"%out%\failed"
  exit /b 1
)
move /y "%out%\current.new" "%out%\current" >nul
exit /b 0
