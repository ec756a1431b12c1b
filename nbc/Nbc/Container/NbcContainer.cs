using System.Buffers.Binary;
using System.Security.Cryptography;
using Nbc.Instructions;
using Nbc.Tensors;

namespace Nbc.Container;

/// <summary>The binary form of a program; its bytes are described in docs/nbc.md.</summary>
public static partial class NbcContainer
{
    private const int CopyBytes = 1 << 24;

    /// <summary>Writes a program; constants go from their memory straight to the stream.</summary>
    /// <remarks>Equal programs give equal bytes. Names and texts that are not well-formed UTF-16 lose what is not.
    /// </remarks>
    public static void Write(NbcProgram program, Stream stream)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(stream);
        long[] offsets = PlaceConstants(program, out long dataLength);
        using IncrementalHash dataHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        WriteData(program, offsets, bytes => dataHash.AppendData(bytes));
        (uint Kind, byte[] Bytes)[] sections =
        [
            (ContainerLayout.Names, Section(writer => writer.List(program.Names, writer.Text))),
            (ContainerLayout.Scalars, Section(writer => writer.List(program.Scalars, writer.Scalar))),
            (ContainerLayout.Attributes, Section(writer => writer.List(program.Attributes, writer.Attributes))),
            (ContainerLayout.Constants, Section(writer =>
                WriteConstants(writer, program, offsets, dataHash.GetHashAndReset()))),
            (ContainerLayout.Signature, Section(writer => WriteSignature(writer, program))),
            (ContainerLayout.Functions, Section(writer =>
                writer.List(program.Functions, function => WriteFunction(writer, function)))),
        ];
        byte[] head = Head(sections, dataLength);
        stream.Write(head);
        WriteData(program, offsets, stream.Write);
    }

    /// <summary>As <see cref="Write"/>, into an array.</summary>
    public static byte[] ToBytes(NbcProgram program)
    {
        using MemoryStream stream = new();
        Write(program, stream);
        return stream.ToArray();
    }

    private static byte[] Section(Action<ContainerWriter> write)
    {
        ContainerWriter writer = new();
        write(writer);
        return writer.Written.ToArray();
    }

    // Header, table and all sections but the data, up to where the data begins.
    private static byte[] Head((uint Kind, byte[] Bytes)[] sections, long dataLength)
    {
        int rows = sections.Length + 1;
        int end = ContainerLayout.HeaderBytes + (rows * ContainerLayout.TableRowBytes);
        int total = Aligned(end + sections.Sum(section => section.Bytes.Length));
        byte[] head = new byte[total];
        BinaryPrimitives.WriteUInt32LittleEndian(head, ContainerLayout.Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(4), ContainerLayout.Version);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(8), rows);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(16), total + dataLength);
        for (int i = 0; i < rows; i++)
        {
            bool isData = i == sections.Length;
            Span<byte> row = head.AsSpan(ContainerLayout.HeaderBytes + (i * ContainerLayout.TableRowBytes));
            BinaryPrimitives.WriteUInt32LittleEndian(row, isData ? ContainerLayout.Data : sections[i].Kind);
            BinaryPrimitives.WriteInt64LittleEndian(row[8..], isData ? total : end);
            BinaryPrimitives.WriteInt64LittleEndian(row[16..], isData ? dataLength : sections[i].Bytes.Length);
            if (!isData)
            {
                sections[i].Bytes.CopyTo(head, end);
                end += sections[i].Bytes.Length;
            }
        }

        SHA256.HashData(head.AsSpan(ContainerLayout.HeaderBytes), head.AsSpan(ContainerLayout.ChecksumOffset));
        return head;
    }

    private static long[] PlaceConstants(NbcProgram program, out long length)
    {
        length = 0;
        long[] offsets = new long[program.Constants.Length];
        for (int i = 0; i < offsets.Length; i++)
        {
            if (program.Constants[i].Value is { Memory: not null } value)
            {
                offsets[i] = (length + ContainerLayout.DataAlignment - 1)
                    / ContainerLayout.DataAlignment * ContainerLayout.DataAlignment;
                length = offsets[i] + value.ByteCount;
            }
        }

        return offsets;
    }

    private static unsafe void WriteData(NbcProgram program, long[] offsets, WriteBytes write)
    {
        ReadOnlySpan<byte> zeros = stackalloc byte[ContainerLayout.DataAlignment];
        long at = 0;
        for (int i = 0; i < offsets.Length; i++)
        {
            if (program.Constants[i].Value is not { Memory: not null } value)
            {
                continue;
            }

            write(zeros[..(int)(offsets[i] - at)]);
            for (long done = 0; done < value.ByteCount; done += CopyBytes)
            {
                write(new ReadOnlySpan<byte>(value.Pointer + done, (int)Math.Min(CopyBytes, value.ByteCount - done)));
            }

            at = offsets[i] + value.ByteCount;
        }
    }

    private static void WriteConstants(ContainerWriter writer, NbcProgram program, long[] offsets, byte[] dataHash)
    {
        writer.Raw(dataHash);
        writer.Count(offsets.Length);
        for (int i = 0; i < offsets.Length; i++)
        {
            NbcConstant constant = program.Constants[i];
            writer.Text(constant.Name);
            writer.Shape(constant.Type, constant.Shape);
            if (constant.Blob is { } blob)
            {
                writer.Byte(ContainerLayout.InBlob);
                writer.Text(blob);
                writer.Unsigned((ulong)constant.BlobOffset);
            }
            else if (constant.Type == ElementType.String)
            {
                writer.Byte(ContainerLayout.InIndex);
                writer.Strings(constant.Value!);
            }
            else
            {
                writer.Byte(ContainerLayout.InData);
                writer.Unsigned((ulong)offsets[i]);
            }
        }
    }

    private static void WriteSignature(ContainerWriter writer, NbcProgram program)
    {
        writer.Signed(program.Entry);
        foreach (IReadOnlyCollection<NbcPort> ports in new[] { program.Inputs, program.Outputs })
        {
            writer.List(ports, port =>
            {
                writer.Text(port.Name);
                writer.Type(port.Type);
            });
        }

        writer.List(program.Globals, global =>
        {
            writer.Text(global.Name);
            writer.Scalar(global.Initial);
        });
        writer.List(program.Metadata, pair =>
        {
            writer.Text(pair.Key);
            writer.Text(pair.Value);
        });
    }

    private static void WriteFunction(ContainerWriter writer, NbcFunction function)
    {
        writer.Text(function.Name);
        writer.List(function.Parameters, each => writer.Signed(each));
        writer.List(function.Results, each => writer.Signed(each));
        writer.List(function.ScalarParameters, kind => writer.Byte((byte)kind));
        writer.List(function.ScalarResults, kind => writer.Byte((byte)kind));
        writer.List(function.Registers, register =>
        {
            writer.Type(register.Type);
            writer.Signed(register.ArenaOffset);
            writer.Signed(register.ArenaBytes);
        });
        writer.Signed(function.LocalCount);
        writer.Signed(function.ArenaBytes);
        writer.List(function.Operands, each => writer.Signed(each));
        writer.List(function.Instructions, code => WriteInstruction(writer, code));
        writer.List(function.Locations, each => writer.Signed(each));
    }

    // Opcode, then a bit for each field that is not 0, then those fields.
    private static void WriteInstruction(ContainerWriter writer, NbcInstruction code)
    {
        Span<int> fields = [code.A, code.B, code.C, code.D];
        int mask = 0;
        for (int i = 0; i < fields.Length; i++)
        {
            mask |= fields[i] != 0 ? 1 << i : 0;
        }

        writer.Byte((byte)code.Opcode);
        writer.Byte((byte)(code.Opcode >> 8));
        writer.Byte((byte)mask);
        foreach (int field in fields)
        {
            if (field != 0)
            {
                writer.Signed(field);
            }
        }
    }

    private static int Aligned(int length) =>
        (length + ContainerLayout.DataAlignment - 1) / ContainerLayout.DataAlignment * ContainerLayout.DataAlignment;

    private delegate void WriteBytes(ReadOnlySpan<byte> bytes);
}
